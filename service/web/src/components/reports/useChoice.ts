import { parseAsInteger, parseAsString, useQueryStates } from "nuqs";
import { type Choice, FIRST, ROWS } from "./catalogue";

/** What a reader chose for all reports, in the page's address. */
export function useChoice() {
  const [state, change] = useQueryStates(
    {
      report: parseAsString.withDefault(FIRST),
      task: parseAsString,
      case: parseAsString,
      level: parseAsString,
      method: parseAsString,
      align: parseAsString,
      top: parseAsInteger,
      rows: parseAsInteger.withDefault(ROWS),
      against: parseAsString,
      against_run: parseAsString,
      shown: parseAsString,
    },
    { history: "push" },
  );
  return { state, change, choice: state satisfies Choice };
}

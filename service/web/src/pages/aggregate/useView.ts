import { createParser, parseAsFloat, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { key, parseStep, type StepName } from "./steps";

const parseAsStep = createParser<StepName>({
  parse: parseStep,
  serialize: key,
  eq: (a, b) => key(a) === key(b),
});

/** Shares below are not drawn unless somebody wants to see them. */
const LEAST = 0.1;

/** What the page shows, as its address has it. */
export const useView = () =>
  useQueryStates(
    {
      task: parseAsString,
      case: parseAsString,
      level: parseAsStringLiteral(["attention", "embedding"] as const).withDefault("attention"),
      align: parseAsStringLiteral(["position", "role"] as const).withDefault("position"),
      sign: parseAsStringLiteral(["positive", "negative"] as const),
      component: parseAsInteger,
      least: parseAsFloat.withDefault(LEAST),
      against: parseAsString,
      against_run: parseAsString,
      step: parseAsStep,
    },
    { history: "push" },
  );

export type View = ReturnType<typeof useView>[0];
export type ChangeView = ReturnType<typeof useView>[1];

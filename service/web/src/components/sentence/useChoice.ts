import {
  parseAsArrayOf,
  parseAsFloat,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { GPR } from "./sentence";

const ADDRESS = {
  words: parseAsArrayOf(parseAsInteger).withDefault([]),
  method: parseAsString.withDefault(GPR),
  level: parseAsStringLiteral(["attention", "embedding"]).withDefault("attention"),
  signs: parseAsStringLiteral(["all", "positive", "negative"]).withDefault("all"),
  least: parseAsFloat.withDefault(0),
  pin: parseAsArrayOf(parseAsString).withDefault([]),
};

/** What of a sentence is drawn, and which nodes are pinned: in the address. */
export const useChoice = () => useQueryStates(ADDRESS, { history: "push" });

export type Choice = ReturnType<typeof useChoice>[0];
export type Choose = ReturnType<typeof useChoice>[1];

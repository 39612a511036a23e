import type { Schema } from "@neo4j-cypher/react-codemirror";
import type { components } from "../../api/schema";

const FUNCTIONS: Readonly<Record<string, string>> = {
  abs: "(number)",
  avg: "(values)",
  coalesce: "(value, …)",
  collect: "(values)",
  count: "(values)",
  head: "(list)",
  keys: "(node or relationship)",
  labels: "(node)",
  last: "(list)",
  max: "(values)",
  min: "(values)",
  nodes: "(path)",
  percentileCont: "(values, share)",
  properties: "(node or relationship)",
  range: "(first, last)",
  relationships: "(path)",
  round: "(number)",
  size: "(list)",
  stDev: "(values)",
  sum: "(values)",
  toFloat: "(value)",
  toString: "(value)",
  type: "(relationship)",
};

/** What the editor offers: all that the graph can hold, usual functions, and the query's own parameters. */
export function completing(schema: components["schemas"]["GraphSchema"] | undefined, parameters: string[]): Schema {
  const kinds = [...(schema?.nodes ?? []), ...(schema?.relationships ?? [])];
  return {
    labels: schema?.nodes.map((node) => `:${node.label}`) ?? [],
    relationshipTypes: schema?.relationships.map((each) => `:${each.type}`) ?? [],
    propertyKeys: [...new Set(kinds.flatMap((kind) => kind.properties.map((each) => each.name)))].sort(),
    functions: Object.entries(FUNCTIONS).map(([name, signature]) => ({ name, signature })),
    parameters: parameters.map((name) => `$${name}`),
  };
}

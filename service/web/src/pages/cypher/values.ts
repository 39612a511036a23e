import { number, type TableData } from "../../components/DataTable";

/** An answer as the service gives it with every value exact: what JSON lacks is `{$type, _value}`. */
export interface Exact {
  columns: string[];
  values: unknown[][];
  cut: boolean;
  notices: string[];
}

export interface GraphNode {
  id: string;
  labels: string[];
  properties: Record<string, unknown>;
}

export interface GraphEdge {
  id: string;
  type: string;
  source: string;
  target: string;
  properties: Record<string, unknown>;
}

type Values = Record<string, unknown>;

interface RawNode {
  _element_id: string;
  _labels: string[];
  _properties: Values;
}

interface RawEdge {
  _element_id: string;
  _type: string;
  _start: string;
  _end: string;
  _properties: Values;
}

type Typed =
  | { $type: "Node"; _value: RawNode }
  | { $type: "Relationship"; _value: RawEdge }
  | { $type: "Path"; _value: { _nodes: RawNode[]; _relationships: RawEdge[] } }
  | { $type: "Map"; _value: Values }
  | { $type: "Point"; _value: { _srid: number; _coordinates: unknown[] } }
  | { $type: "Float" | "DateTime" | "Date" | "Time" | "Duration" | "Base64"; _value: string };

const typed = (value: unknown): value is Typed => typeof value === "object" && value !== null && "$type" in value;

function nodeOf(value: RawNode): GraphNode {
  return { id: value._element_id, labels: value._labels, properties: plainMap(value._properties) };
}

function edgeOf(value: RawEdge): GraphEdge {
  const { _element_id: id, _type: type, _start: source, _end: target } = value;
  return { id, type, source, target, properties: plainMap(value._properties) };
}

const plainMap = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));

/** A value without its type, as the service's plain JSON has it; NaN and infinities as texts. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!typed(value)) return value;
  switch (value.$type) {
    case "Node":
      return plainNode(value._value);
    case "Relationship":
      return plainEdge(value._value);
    case "Path":
      return {
        nodes: value._value._nodes.map(plainNode),
        relationships: value._value._relationships.map(plainEdge),
      };
    case "Map":
      return plainMap(value._value);
    case "Point":
      return { srid: value._value._srid, coordinates: value._value._coordinates.map(plain) };
    default:
      return value._value;
  }
}

const plainNode = (node: RawNode) => ({ labels: node._labels, properties: plainMap(node._properties) });

const plainEdge = (edge: RawEdge) => ({ type: edge._type, properties: plainMap(edge._properties) });

/** What a node is called: what people know it by, or else its first property. */
export function called({ labels, properties }: GraphNode): string {
  const { name, token, label, role, id } = properties;
  const known = [name, token, label, role, id].find((each) => typeof each === "string" && each !== "");
  return known === undefined ? labels.join(":") : String(known);
}

/** A value in the words of Cypher, short enough for a cell. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (!typed(value)) return String(value);
  switch (value.$type) {
    case "Node":
      return nodeText(nodeOf(value._value));
    case "Relationship":
      return edgeText(edgeOf(value._value));
    case "Path":
      return pathText(value._value._nodes.map(nodeOf), value._value._relationships.map(edgeOf));
    case "Map":
      return mapText(value._value);
    case "Point":
      return `point(${value._value._coordinates.map(shown).join(", ")})`;
    default:
      return value._value;
  }
}

const mapText = (values: Values) =>
  `{${Object.entries(values)
    .map(([name, each]) => `${name}: ${shown(each)}`)
    .join(", ")}}`;

const nodeText = (node: GraphNode) => `(:${node.labels.join(":")} ${called(node)})`;

function edgeText({ type, properties }: GraphEdge): string {
  const told = Object.entries(properties).map(([name, value]) => `${name}: ${shown(value)}`);
  return told.length === 0 ? `[:${type}]` : `[:${type} {${told.join(", ")}}]`;
}

function pathText(nodes: GraphNode[], edges: GraphEdge[]): string {
  return nodes
    .map((node, index) => {
      const edge = edges[index - 1];
      if (edge === undefined) return nodeText(node);
      const forth = edge.target === node.id;
      return `${forth ? "-" : "<-"}[:${edge.type}]${forth ? "->" : "-"}${nodeText(node)}`;
    })
    .join("");
}

/** The rows as a table of numbers and texts. */
export function tableOf({ columns, values, cut }: Exact): TableData {
  const numeric = columns.map((_, index) => {
    const known = values.map((row) => row[index]).filter((each) => each !== null);
    return known.length > 0 && known.every((each) => typeof each === "number");
  });
  return {
    fields: columns.map((name, index) => ({ name, type: numeric[index] ? "number" : "string" })),
    values: values.map((row) => row.map((each, index) => (numeric[index] || each === null ? each : shown(each)))),
    cut,
  };
}

/** Nodes and relationships anywhere in the rows, each once. */
export function graphOf(values: unknown[][]): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) look(each);
    if (!typed(value)) return;
    if (value.$type === "Node") nodes.set(value._value._element_id, nodeOf(value._value));
    if (value.$type === "Relationship") edges.set(value._value._element_id, edgeOf(value._value));
    if (value.$type === "Map") Object.values(value._value).forEach(look);
    if (value.$type === "Path") {
      for (const each of value._value._nodes) nodes.set(each._element_id, nodeOf(each));
      for (const each of value._value._relationships) edges.set(each._element_id, edgeOf(each));
    }
  };
  look(values);
  // A relationship without its nodes has ends of which nothing else is known.
  for (const { source, target } of edges.values()) {
    for (const id of [source, target]) if (!nodes.has(id)) nodes.set(id, { id, labels: [], properties: {} });
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "../../api/client";
import type { Exact } from "./values";

export interface Question {
  q: string | null;
  params: Record<string, unknown> | null;
  rows: number;
  seconds: number;
}

export const EXACT = "application/vnd.influence-graph.exact+json";

/** The request that asks a question. */
export const bodyOf = ({ q, params, rows, seconds }: Question): string =>
  JSON.stringify({ cypher: q, ...(params && { parameters: params }), rows, seconds });

/** What the graph answers; `cancel` takes the question back. */
export function useAnswer(question: Question) {
  const queries = useQueryClient();
  const key = ["cypher", question.q, question.params, question.rows, question.seconds];
  const answer = useQuery({
    queryKey: key,
    enabled: question.q !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    queryFn: async ({ signal }): Promise<Exact> => {
      const headers = { Accept: EXACT, "Content-Type": "application/json" };
      const response = await request("/v1/queries", { method: "POST", headers, body: bodyOf(question), signal });
      return response.json();
    },
  });
  return { ...answer, cancel: () => queries.cancelQueries({ queryKey: key }) };
}

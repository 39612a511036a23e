import { QueryClient } from "@tanstack/react-query";
import createClient, { type Middleware } from "openapi-fetch";
import createHooks from "openapi-react-query";
import { authorization } from "./key";
import { away, Problem, problemOf } from "./problem";
import type { paths } from "./schema";

/** `fetch` with this tab's key; an answer that is no success, or none at all, is thrown as a `Problem`. */
export async function request(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) };
  let response: Response;
  try {
    response = await fetch(input, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw away();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

const problems: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof Problem || (error instanceof DOMException && error.name === "AbortError")) return undefined;
    return away();
  },
};

/** The service's operations, typed by its description. They throw a `Problem` where there is one. */
export const api = createClient<paths>({ baseUrl: location.origin });
api.use(problems);

/** The same as hooks that keep what they were told: `useQuery("get", "/v1/runs")`. */
export const hooks = createHooks(api);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What passes by itself is asked about until it has passed.
      retry: (count, error) => error instanceof Problem && error.passes && count < 60,
      retryDelay: (count) => Math.min(500 * 2 ** count, 3000),
      refetchOnWindowFocus: false,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

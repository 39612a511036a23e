import { EventSourceParserStream } from "eventsource-parser/stream";
import { request } from "./client";
import type { components } from "./schema";

export type Progress = components["schemas"]["Progress"];

/** A job's progress whenever it changes, until the job ends; reconnects where a stream breaks off. */
export async function* follow(run: string, signal: AbortSignal): AsyncGenerator<Progress> {
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last !== undefined) headers["Last-Event-ID"] = last;
      const response = await request(`/v1/jobs/${encodeURIComponent(run)}/events`, { headers, signal });
      if (response.body === null) return;
      const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for (const reader = events.getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        last = value.id ?? last;
        yield JSON.parse(value.data);
        if (value.event === "ended") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const passes = !(error instanceof Error && "passes" in error) || error.passes;
      if (!passes) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

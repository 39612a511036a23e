import { api, request } from "../../api/client";
import { Problem } from "../../api/problem";
import type { components } from "../../api/schema";
import { upload } from "../../api/upload";
import { path } from "../../components/paths";
import { located, ofLines, ofRows, optionsOf, type Placed, type Row, type Settings, unusable } from "./request";

type Submitted = components["schemas"]["Submitted"];

/** The form as it is filled in. */
export interface Filled {
  from: "typed" | "pasted" | "task" | "file";
  name: string;
  model: string;
  rows: Row[];
  pasted: string;
  file: File | null;
  task: { task: string | null; case: string | null; count: number; seed: number };
  classes: boolean;
  settings: Settings;
  skipBad: boolean;
  key: string;
}

/** Submit it, and tell the share of a file that is sent. Throws a `Problem`. */
export async function send(filled: Filled, sent: (share: number) => void, signal: AbortSignal): Promise<Submitted> {
  const options = optionsOf(filled);
  if (filled.from === "file") {
    if (filled.file === null) throw unusable("there is no file", undefined, "Choose one, or drop it here.");
    const form = new FormData();
    form.append("file", filled.file);
    form.append("options", JSON.stringify(options));
    return upload("/v1/jobs/files", form, { "Idempotency-Key": filled.key }, sent, signal);
  }
  const { sentences, places } = await sentencesOf(filled, signal);
  if (sentences.length === 0) throw unusable("there is none", undefined, "Give at least one.");
  const stem = filled.from === "task" ? { stem: filled.task.task ?? "task" } : {};
  try {
    const { data } = await api.POST("/v1/jobs", {
      params: { header: { "idempotency-key": filled.key } },
      body: { ...options, ...stem, sentences } as components["schemas"]["NewJob"],
      signal,
    });
    return data as Submitted;
  } catch (error) {
    throw error instanceof Problem ? located(error, places) : error;
  }
}

async function sentencesOf(filled: Filled, signal: AbortSignal): Promise<Placed> {
  if (filled.from === "typed") return ofRows(filled.rows, filled.classes);
  if (filled.from === "pasted") return ofLines(filled.pasted);
  const { task, ...asked } = filled.task;
  const name = task ?? (await (await request("/v1/tasks", { signal })).json())[0].name;
  const answer = await request(path("/v1/tasks", [name, "sentences"], asked), { signal });
  return ofLines(await answer.text());
}

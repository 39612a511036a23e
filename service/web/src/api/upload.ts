import { authorization } from "./key";
import { away, type Problem, problemOf } from "./problem";

/** Send a form, and tell the share that is sent: `fetch` cannot say that. Throws a `Problem`. */
export function upload<Answer>(
  path: string,
  form: FormData,
  headers: Record<string, string>,
  sent: (share: number) => void,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject: (problem: Problem | DOMException) => void) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries({ ...authorization(), ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => sent(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(away());
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else problemOf(new Response(request.responseText, { status: request.status })).then(reject);
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

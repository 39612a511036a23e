import { request } from "../api/client";

/** What the service can give a table as, by the name that people know. */
export const TABLES = {
  CSV: ["text/csv", "csv"],
  JSON: ["application/json", "json"],
  Parquet: ["application/vnd.apache.parquet", "parquet"],
  Arrow: ["application/vnd.apache.arrow.file", "arrow"],
} as const;

export const PICTURES = {
  SVG: ["image/svg+xml", "svg"],
  PNG: ["image/png", "png"],
  PDF: ["application/pdf", "pdf"],
} as const;

/** Fetch something of the service, and save it as a file. */
export async function download(path: string, accept: string, name: string, init: RequestInit = {}): Promise<void> {
  const headers = { ...(init.headers as Record<string, string> | undefined), Accept: accept };
  const response = await request(path, { ...init, headers });
  save(await response.blob(), name);
}

/** Save what is here as a file. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

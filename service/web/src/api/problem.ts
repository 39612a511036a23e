/** What went wrong, as RFC 9457 has it, with the field at fault and what to do. */
export class Problem extends Error {
  readonly type: string;
  readonly status: number;
  readonly field: string | undefined;
  readonly fix: string | undefined;
  readonly where: string | undefined;

  constructor(told: { type: string; status: number; detail: string; field?: string; fix?: string; where?: string }) {
    super(told.detail);
    this.type = told.type;
    this.status = told.status;
    this.field = told.field;
    this.fix = told.fix;
    this.where = told.where;
  }

  /** Does asking again, with nothing changed, have a chance? */
  get passes(): boolean {
    return [0, 408, 429, 502, 503, 504].includes(this.status);
  }
}

export const AWAY = "/problems/service-away";

/** The problem of an answer that is none of success. */
export async function problemOf(response: Response): Promise<Problem> {
  const told = await response.json().catch(() => null);
  if (told !== null && typeof told.detail === "string") return new Problem({ ...told, status: response.status });
  return new Problem({
    type: "about:blank",
    status: response.status,
    detail: `the service answered with ${response.status}, and no reason`,
    fix: "Try again, or ask whoever runs it.",
  });
}

/** The problem of a request that nobody answered. */
export function away(): Problem {
  return new Problem({
    type: AWAY,
    status: 0,
    detail: "the service does not answer",
    fix: "These pages ask again by themselves. If it stays away, see whether it runs.",
  });
}

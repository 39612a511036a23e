import type { components } from "../../api/schema";
import { Notice } from "../../components/States";
import { count, counted } from "../../components/units";

/** What whoever submitted a job should know: what was left out of it, and notices on its sentences. */
export function LeftOut({ submitted }: { submitted: components["schemas"]["Submitted"] }) {
  const { left_out, left_out_count, notices, sentences } = submitted;
  return (
    <section className="stack" aria-label="What became of the submission" role="status">
      <p>
        {submitted.new
          ? `${counted(sentences, "sentence")} ${sentences === 1 ? "is" : "are"} queued.`
          : "This submission was there before; nothing was queued twice."}
        {!submitted.sent && " The broker is away; the job starts when it is back."}
      </p>
      {left_out_count > 0 && (
        <Notice>
          {counted(left_out_count, "sentence")} {left_out_count === 1 ? "was" : "were"} left out:
        </Notice>
      )}
      {left_out.length > 0 && (
        <ul>
          {left_out.slice(0, 50).map((each) => (
            <li key={`${each.where} ${each.field}`}>
              {each.where && <strong>{each.where}: </strong>}
              {each.field}: {each.detail}. {each.fix}
            </li>
          ))}
        </ul>
      )}
      {left_out_count > 50 && <p className="quiet">The first 50 of {count(left_out_count)} are shown.</p>}
      {notices.map((notice) => (
        <Notice key={notice}>{notice}</Notice>
      ))}
    </section>
  );
}

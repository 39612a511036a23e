import { hooks } from "../../api/client";
import type { Run } from "../../components/reports/catalogue";
import { differences, shared } from "../../components/reports/differences";
import { Answered } from "../../components/States";
import { Term } from "../../components/Term";
import style from "./Compare.module.css";

const LOOKED_AT = 1000; // sentences of each run

/** What is not the same of two runs: their models, settings and versions, and their sentences. */
export function Differing({ first, second }: { first: Run; second: Run }) {
  const found = differences(first, second);
  return (
    <section className="card stack" aria-labelledby="differing">
      <h2 id="differing">What differs between the runs</h2>
      {found.length === 0 ? (
        <p>
          Nothing that the service knows of: model, <Term name="fingerprint">fingerprint</Term>, settings, versions and
          cases are the same.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section className="scroll" tabIndex={0} aria-label="Differences">
          <table className={style.differing}>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">{first.name}</th>
                <th scope="col">{second.name}</th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <tr key={each.what}>
                  <th scope="row">{each.what}</th>
                  <td>{each.first}</td>
                  <td>{each.second}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <Sentences first={first} second={second} />
    </section>
  );
}

function Sentences({ first, second }: { first: Run; second: Run }) {
  const page = { query: { limit: LOOKED_AT } };
  const path = "/v1/runs/{run}/sentences";
  const ours = hooks.useQuery("get", path, { params: { path: { run: first.id }, ...page } });
  const theirs = hooks.useQuery("get", path, { params: { path: { run: second.id }, ...page } });
  return (
    <Answered query={ours} what="Reading the sentences">
      {(some) => (
        <Answered query={theirs} what="Reading the sentences">
          {(others) => {
            const found = shared(some.sentences, others.sentences);
            const part = some.next !== null || others.next !== null;
            const count = (value: number) => value.toLocaleString("en");
            return (
              <p>
                {part && `Of the first ${count(LOOKED_AT)} sentences of each run: `}
                {found.first + found.second === 0
                  ? `both have the same ${count(found.both)} sentences, which are resampled together.`
                  : `${count(found.both)} sentences are in both, ${count(found.first)} only in ${first.name}, ${count(found.second)} only in ${second.name}.`}
              </p>
            );
          }}
        </Answered>
      )}
    </Answered>
  );
}

import { Link } from "react-router";
import type { components } from "../../api/schema";
import { path } from "../../components/paths";
import { Term } from "../../components/Term";
import style from "./Run.module.css";

/** The cases of a run by task, each with its figures and reports. */
export function Cases({ run, cases }: { run: string; cases: components["schemas"]["Case"][] }) {
  const tasks = [...new Set(cases.map((each) => each.task))];
  return (
    <section className="card stack">
      <h2>
        <Term name="Instance">Cases</Term>
      </h2>
      <div className={style.tasks}>
        {tasks.map((task) => (
          <div key={task}>
            <h3>{task || "no task"}</h3>
            <table>
              <caption className="hidden">Cases of {task || "no task"}</caption>
              <tbody>
                {cases
                  .filter((each) => each.task === task)
                  .map(({ name }) => (
                    <tr key={name}>
                      <th scope="row">{name || "no case"}</th>
                      <td>
                        <Link to={path("/runs", [run, "aggregate"], { task, case: name })}>
                          Aggregate<span className="hidden"> of {`${task} ${name}`}</span>
                        </Link>
                      </td>
                      <td>
                        <Link to={path("/runs", [run, "reports"], { task, case: name })}>
                          Reports<span className="hidden"> on {`${task} ${name}`}</span>
                        </Link>
                      </td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        ))}
      </div>
    </section>
  );
}

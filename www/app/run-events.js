// Events of a running experiment, turned into state.

import { showNotice } from "../panels/errors.js";
import { technicalDetail } from "../ui/technical.js";
import { LIVE, FINISHED } from "./state.js";
import { text } from "../i18n/text.js";

/**
 * @param {import("./run.js").Page} page
 * @param {object} means
 * @param {import("./run.js").RunController} means.run
 * @param {import("./rates.js").RatesController} means.rates
 */
export function followRun({ events, state, session, panels, settings }, { run, rates }) {
  events.onAll({
    core_bytes: ({ received }) => panels.bar.showDownload("core", received),
    progress: (progress) => panels.bar.showProgress(progress),
    jobs_imported: ({ kind, jobs }) => showNotice(kind === "run" ? text.run.importedRuns(jobs) : text.run.importedJobs(jobs)),
    device_reopened: ({ error }) => showNotice([text.run.reopened, text.marks.gap, technicalDetail(error.message)]),

    planned({ jobs, config, ...rows }) {
      state.set({ run: { ...state.run, planned: jobs.filter((job) => job.kind === "run").length, metric: config.metric } });
      panels.data.showSplit({ ...rows, config }); // where Run was pressed at once, nobody has said it yet
    },

    phase({ phase }) {
      if (phase !== "surface") run.begin(phase);
    },

    fisher({ fisher, of, loss }) {
      state.set({ losses: { ...state.losses, [loss]: { fisher, inputs: session.inputs.revisions.join() } } });
      if (loss !== settings.get("fisher_loss")) return; // a surface's halves are of the pretraining loss
      state.note(["fisher", "rates"], session.inputs.model.name);
      state.set({ fisher: { fisher, origin: LIVE, of, loss } });
      rates.refresh();
    },

    arms({ arms, loss }) {
      if (loss !== settings.get("fisher_loss")) return;
      if (arms.guided && state.fisher?.origin === LIVE) state.set({ rates: arms.guided.rates });
    },

    job_started({ job: { kind, id, arm, seed, fraction, steps } }) {
      if (kind === "run") state.runs.set(id, { arm, seed, fraction, steps: [], epochs: [], total: steps });
    },

    job_events({ job, events: fromCore }) {
      if (job.kind === "run" && fromCore.length > 0) takeRunEvents(job, fromCore);
    },

    results({ results, final, runs, of }) {
      const nameOf = (each) => `${each.arm}/${each.seed}/${each.fraction}`;
      const confusions = new Map([...state.runs.values()].map((each) => [nameOf(each), each.confusion]));
      for (const each of results.runs) each.confusion ??= confusions.get(nameOf(each)) ?? null;
      state.note(["verdict-part"], results.dataset.name);
      state.set({
        training: { ...state.training, baselines: results.baselines, metric: results.config.metric },
        results,
        resultsFrom: { address: settings.address({ kept: true }), own: state.own.dataset },
        run: { ...state.run, results },
        verdict: final ? { results, origin: FINISHED } : { results, origin: LIVE, progress: { runs, of } }, // what a final one lacks has diverged
      });
    },

    job_died({ job, error, retried, workers, rows }) {
      if (error.divergence && job.kind === "trial") return; // a setting that diverges is not chosen
      if (error.divergence) {
        const { arm, seed, fraction } = job;
        state.set({ diverged: [...state.diverged, { ...error.divergence, arm, seed, fraction }] });
        return;
      }
      if (rows !== null) {
        showNotice([text.run.fewerRows[error.kind](rows), text.marks.gap, technicalDetail(error.message)]);
        return;
      }
      if (error.kind === "device" && retried) return; // what becomes of it is told once it is known
      const remedy = error.kind === "memory" ? text.run.memory(workers) : technicalDetail(error.message);
      showNotice([retried ? text.run.retried(job.id) : text.run.lost(job.id), text.marks.gap, remedy]);
    },
  });

  function takeRunEvents(job, fromCore) {
    const live = state.runs.get(job.id);
    for (const event of fromCore) {
      if (event.type === "step") live.steps.push({ step: event.step, loss: event.loss });
      else if (event.type === "epoch") live.epochs.push(event);
      else if (event.type === "run_done") {
        state.runs.set(job.id, event.run);
        state.set({ run: { ...state.run, finished: state.run.finished + 1 } });
        run.tell(text.run.training(state.run.finished, state.run.planned));
      }
    }
    state.note(["train"], state.source.name);
    const { results, metric } = state.run;
    state.set({ training: { runs: [...state.runs.values()], origin: LIVE, baselines: results?.baselines, metric } });
  }
}

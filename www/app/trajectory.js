// The plane of two trainings as the page tells it: which two, what it will cost, its run, and its points and paths on their way to the figure.

import { computeFigure, knownLoss, rowsOf } from "./computation.js";
import { afterPause, byId, download } from "../ui/dom.js";
import { duration } from "../ui/format.js";
import { asError } from "../panels/errors.js";
import { disable } from "../ui/reasons.js";
import { ARMS } from "./settings.js";
import { text } from "../i18n/text.js";
import { SCHEMA } from "../platform/schema.js";

/** Rows of either part that the losses are means over: enough that the picture hardly depends on which, few enough for a minute. */
const ROWS = 48;

/**
 * @param {object} page {state, session, panels, view}
 * @param {object} experiment what `createExperiment` gave: Fisher information is its business
 */
export function createPlane({ state, session, panels, view }, experiment) {
  let picture = null;
  /** Whether the present run has come to the plane. */
  let begun = false;

  const settings = () => ({ points: state.get("surface_points"), rows: ROWS });

  const showEstimate = afterPause(300, async () => {
    if (!session.inputs.complete || session.running) return;
    const { pair } = panels.plane;
    if (pair.length === 0) {
      panels.plane.showEstimate("");
      return;
    }
    try {
      const seconds = await session.estimatePlane(state.config(), settings(), pair, state.get("workers"));
      panels.plane.showEstimate(text.trajectory.estimate(state.get("surface_points"), Number.isFinite(seconds) ? text.landscape.estimateTime(duration(seconds)) : ""));
    } catch (error) {
      panels.plane.showEstimate(asError(error).message); // a press on the button meets it again, as an error
    }
  });

  /** There may be other models than before. */
  function refresh() {
    panels.plane.offer(ARMS.filter((arm) => session.trainedArms.includes(arm)));
    disable(byId("run-plane"), session.running ? "running" : panels.plane.pair.length === 0 ? "twoModels" : "");
    showEstimate();
  }

  async function run() {
    await computeFigure({ session, panels }, experiment, {
      place: "plane",
      words: text.trajectory,
      begin: () => experiment.takeEvent({ type: "phase", phase: "fisher" }),
      async compute() {
        begun = false;
        try {
          return await session.plane(state.config(), settings(), panels.plane.pair, { workers: state.get("workers") });
        } catch (error) {
          throw error.kind === "other models" ? { kind: "config", message: text.trajectory.otherModels(error.arms) } : error;
        }
      },
      onComputed: () => begun && picture.known > 0 && show({ kind: "finished" }),
    });
    refresh();
  }

  function show(origin) {
    view.shown["plane-figure"] = { of: `${picture.model}, ${picture.dataset}`, date: new Date().toISOString() };
    panels.plane.show(picture, origin);
  }

  const handlers = {
    plane({ arms, x, y, rows, ends, unit, seed }) {
      experiment.showPhase("surface", text.trajectory.running);
      panels.plane.showEmpty();
      begun = true;
      const empty = () => new Float64Array(x.length * y.length).fill(NaN);
      const marks = [{ x: 0, y: 0 }, ...ends].map((place) => ({ ...place, train: NaN, test: NaN }));
      const { inputs: { model, dataset }, device } = session; // others may be loaded when the picture is saved
      const origin = { model: model.name, dataset: dataset.options.name, task: dataset.info.task, device: { ...device } };
      picture = { ...origin, arms, x, y, rows, unit, seed, marks, known: 0, losses: { train: empty(), test: empty() }, paths: [[], []] };
    },
    events({ job, events }) {
      for (const { type, ...event } of events) {
        if (type === "path_point") {
          const path = picture.paths[picture.arms.indexOf(job.arm)];
          if (event.step === 1) path.length = 0; // its worker died, and another begins anew
          path.push(event);
        } else if (type === "plane_point") takePoint(job, event);
      }
      if (picture.known > 0) show({ kind: "live" });
    },
  };

  function takePoint({ row, columns }, { point, train, test }) {
    if (row === null) {
      Object.assign(picture.marks[columns[point]], { train: knownLoss(train), test: knownLoss(test) });
      return;
    }
    const index = row * picture.x.length + columns[point];
    if (Number.isNaN(picture.losses.train[index])) picture.known += 1;
    picture.losses.train[index] = knownLoss(train);
    picture.losses.test[index] = knownLoss(test);
  }

  return {
    run,
    refresh,
    showEstimate,

    /** @returns {boolean} whether the event was one of a plane */
    takeEvent(event) {
      const own = event.type === "plane" || (event.type === "events" && (event.job.kind === "plane" || event.job.kind === "path"));
      if (own) handlers[event.type](event);
      return own;
    },

    /** Hands what was computed to the reader. */
    save() {
      const { model, dataset, device, arms, x, y, rows, unit, seed, marks, paths, losses } = picture;
      const content = {
        format: SCHEMA.formats.trajectory.name, version: SCHEMA.formats.trajectory.version, model, dataset, device, arms, seed, rows: { train: rows[0], test: rows[1] }, unit,
        start: marks[0], ends: marks.slice(1), x, y, losses: { train: rowsOf(losses.train, x.length), test: rowsOf(losses.test, x.length) }, paths,
      };
      download("plane.json", `${JSON.stringify(content)}\n`, "application/json");
    },
  };
}

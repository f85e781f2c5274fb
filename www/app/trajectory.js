// The plane of two trainings: which two, what it will cost, its computation, and its points and paths on the way to the figure.

import { sentenceOf } from "../panels/errors.js";
import { LabError } from "../platform/lab-error.js";
import { SCHEMA } from "../platform/schema.js";
import { afterPause, byId, download } from "../ui/dom.js";
import { duration } from "../ui/format.js";
import { disable } from "../ui/reasons.js";
import { computeFigure, knownLoss, rowsOf } from "./figure-task.js";
import { ARMS } from "./settings.js";
import { FINISHED, LIVE } from "./state.js";
import { text } from "../i18n/text.js";

const FORMAT = SCHEMA.formats.trajectory;
/** Rows of either part that the losses are means over: enough that the picture hardly depends on which, few enough for a minute. */
const ROWS = 48;
const PAUSE_MS = 300;

/** @typedef {import("../panels/trajectory.js").Picture & {model: string, dataset: string, device: object}} Picture what panels/trajectory.js shows, and of what it is */

/** Computes the task's loss on the plane through two fine-tuned models and their start. */
export class TrajectoryController {
  #page;
  #run;
  /** @type {Picture | null} */
  #picture = null;
  /** Whether the present computation has come to the plane. */
  #begun = false;

  /**
   * @param {import("./run.js").Page} page
   * @param {import("./run.js").RunController} run Fisher information is its business
   */
  constructor(page, run) {
    this.#page = page;
    this.#run = run;
    page.state.subscribe(["phase"], () => this.#lock());
    page.events.onAll({
      trajectory: (event) => this.#take(event),
      job_events: ({ job, events }) => ["plane", "trajectory"].includes(job.kind) && this.#takeEvents(job, events),
    });
  }

  #settings() {
    return { points: this.#page.settings.get("surface_points"), rows: ROWS };
  }

  #lock() {
    const { lockReason } = this.#page.state;
    if (lockReason) disable(byId("run-plane"), lockReason);
    else this.refresh();
  }

  showEstimate = afterPause(PAUSE_MS, async () => {
    const { session, settings, panels } = this.#page;
    if (!session.inputs.complete || session.running) return;
    const { pair } = panels.trajectory;
    if (pair.length === 0) {
      panels.trajectory.showEstimate("");
      return;
    }
    try {
      const seconds = await session.estimator.ofTrajectory(settings.config(), this.#settings(), pair, settings.get("workers"));
      panels.trajectory.showEstimate(
        text.trajectory.estimate(settings.get("surface_points"), Number.isFinite(seconds) ? text.landscape.estimateTime(duration(seconds)) : ""),
      );
    } catch (error) {
      panels.trajectory.showEstimate(sentenceOf(error)); // a press on the button meets it again, as an error
    }
  });

  /** There may be other models than before. */
  refresh() {
    const { session, panels } = this.#page;
    panels.trajectory.offer(ARMS.filter((arm) => session.models.arms.includes(arm)));
    disable(byId("run-plane"), session.running ? "running" : panels.trajectory.pair.length === 0 ? "twoModels" : "");
    this.showEstimate();
  }

  async compute() {
    await computeFigure(this.#page, this.#run, {
      place: "plane",
      words: text.trajectory,
      begin: () => this.#run.begin("fisher"),
      compute: () => this.#compute(),
      onComputed: () => {
        if (this.#begun && this.#picture.known > 0) this.#show(FINISHED);
      },
    });
    this.refresh();
  }

  async #compute() {
    const { session, settings, panels } = this.#page;
    this.#begun = false;
    try {
      return await session.trajectory(settings.config(), this.#settings(), panels.trajectory.pair, { workers: settings.get("workers") });
    } catch (error) {
      throw error.kind === "other models" ? new LabError("config", text.trajectory.otherModels(error.arms)) : error;
    }
  }

  #take({ arms, x, y, rows, ends, unit, seed }) {
    const { session, panels } = this.#page;
    this.#run.showPhase("surface", text.trajectory.running);
    panels.trajectory.showEmpty();
    this.#begun = true;
    const empty = () => new Float64Array(x.length * y.length).fill(NaN);
    const marks = [{ x: 0, y: 0 }, ...ends].map((place) => ({ ...place, train: NaN, test: NaN }));
    const {
      inputs: { model, dataset },
      device,
    } = session; // others may be loaded when the picture is saved
    const source = { model: model.name, dataset: dataset.options.name, task: dataset.info.task, device: { ...device } };
    this.#picture = { ...source, arms, x, y, rows, unit, seed, marks, known: 0, losses: { train: empty(), test: empty() }, paths: [[], []] };
  }

  #takeEvents(job, events) {
    const picture = this.#picture;
    for (const { type, ...event } of events) {
      if (type === "trajectory_point") {
        const path = picture.paths[picture.arms.indexOf(job.arm)];
        if (event.step === 1) path.length = 0; // its worker died, and another begins anew
        path.push(event);
      } else if (type === "plane_point") this.#takePoint(job, event);
    }
    if (picture.known > 0) this.#show(LIVE);
  }

  #takePoint({ row, columns }, { point, train, test }) {
    const { marks, losses, x } = this.#picture;
    if (row === null) {
      Object.assign(marks[columns[point]], { train: knownLoss(train), test: knownLoss(test) });
      return;
    }
    const index = row * x.length + columns[point];
    if (Number.isNaN(losses.train[index])) this.#picture.known += 1;
    losses.train[index] = knownLoss(train);
    losses.test[index] = knownLoss(test);
  }

  #show(origin) {
    const { state, panels } = this.#page;
    state.note(["plane-figure"], `${this.#picture.model}, ${this.#picture.dataset}`);
    panels.trajectory.show(this.#picture, origin);
  }

  /** Hands what was computed to the reader. */
  save() {
    const { model, dataset, device, arms, x, y, rows, unit, seed, marks, paths, losses } = this.#picture;
    const content = {
      format: FORMAT.name,
      version: FORMAT.version,
      model,
      dataset,
      device,
      arms,
      seed,
      rows: { train: rows[0], test: rows[1] },
      unit,
      start: marks[0],
      ends: marks.slice(1),
      x,
      y,
      losses: { train: rowsOf(losses.train, x.length), test: rowsOf(losses.test, x.length) },
      paths,
    };
    download("plane.json", `${JSON.stringify(content)}\n`, "application/json");
  }
}

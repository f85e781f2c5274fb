// Wires the page: settings (app/settings.js) and files go to the session, its events become state, and state becomes figures.

import { createAddress } from "./app/address.js";
import { bindPanels } from "./app/bindings.js";
import { CellController } from "./app/cell.js";
import { createDownloads } from "./app/downloads.js";
import { History } from "./app/history.js";
import { BUILT_IN_MODELS, InputsController } from "./app/inputs.js";
import { LabelFileController } from "./app/label-file.js";
import { LandscapeController } from "./app/landscape.js";
import { LessonController } from "./app/lesson.js";
import { createHealth, mendsOf } from "./app/health.js";
import { createLengths } from "./app/lengths.js";
import { PlanEstimate } from "./app/plan-estimate.js";
import { RatesController } from "./app/rates.js";
import { fetchRecorded } from "./app/recorded.js";
import { ResultsController } from "./app/results.js";
import { followRun } from "./app/run-events.js";
import { RunController } from "./app/run.js";
import { ARMS, FRACTIONS, OWN, READING, Settings } from "./app/settings.js";
import { AppState } from "./app/state.js";
import { SuspectsController } from "./app/suspects.js";
import { TrajectoryController } from "./app/trajectory.js";
import { bytesToLoad, gpuCore, keepGpuCore, keepOffline } from "./app/version.js";
import { ViewController } from "./app/view.js";
import { createWalkthroughs } from "./app/walkthrough.js";
import { Session } from "./engine/session.js";
import { GpuController } from "./gpu/controller.js";
import { roleOf } from "./model-import/files.js";
import { ModelImport } from "./model-import/import.js";
import { cellPanel } from "./panels/cell.js";
import { correctionEffectPanel } from "./panels/correction-effect.js";
import { dataPanel } from "./panels/data.js";
import { devicePanel } from "./panels/device.js";
import { divergedPanel } from "./panels/diverged.js";
import { clearErrors, showControlError, showError, showNotice, showStorageTrouble } from "./panels/errors.js";
import { linkReport, showEvidence } from "./panels/evidence.js";
import { fisherPanel } from "./panels/fisher.js";
import { historyPanel } from "./panels/history.js";
import { isLabelling, labelFilePanel } from "./panels/label-file.js";
import { landscapePanel } from "./panels/landscape.js";
import { healthPanel } from "./panels/health.js";
import { lengthsPanel } from "./panels/lengths.js";
import { lessonPanel } from "./panels/lesson.js";
import { modelPanel } from "./panels/model.js";
import { noisePanel } from "./panels/noise.js";
import { ratesPanel } from "./panels/rates.js";
import { runBar } from "./panels/run-bar.js";
import { suspectsPanel } from "./panels/suspects.js";
import { trainPanel } from "./panels/train.js";
import { trajectoryPanel } from "./panels/trajectory.js";
import { tunePanel } from "./panels/tune.js";
import { verdictPanel } from "./panels/verdict.js";
import { offerNewer } from "./panels/version.js";
import { walkthroughPanel } from "./panels/walkthrough.js";
import { workbenchPanel } from "./panels/workbench.js";
import { EventBus } from "./platform/events.js";
import { addFigureTools } from "./share/figure-tools.js";
import { Decisions } from "./store/decisions.js";
import { Records } from "./store/records.js";
import { Store } from "./store/store.js";
import { byId, element, fill, rich } from "./ui/dom.js";
import { day } from "./ui/format.js";
import { explainTerms, glossaryList } from "./ui/glossary.js";
import { localize } from "./ui/localize.js";
import { linkSymbols } from "./ui/symbols.js";
import { text } from "./i18n/text.js";

localize();
linkSymbols();
explainTerms(text.glossary);
fill(byId("glossary-list"), glossaryList(text.glossary));

// --- what there is ------------------------------------------------------------------------------------------------

const events = new EventBus();
events.onAll({
  error: ({ error, slot }) => {
    showError(error, slot);
  },
  notice: ({ words, slot }) => {
    showNotice(words, slot);
  },
  errors_cleared: ({ slots }) => clearErrors(...slots),
});
const settings = new Settings();
const state = new AppState();
const store = new Store((kind, reason) => {
  showStorageTrouble(kind, reason);
  history.showStorage();
});
const session = new Session(events, store, { earlier: (config) => history.earlier(config) });
const walkthroughs = createWalkthroughs(session, settings);
const panels = {
  bar: runBar({
    onRun: () => run.run(),
    onRunFisher: () => run.run({ fisherOnly: true }),
    onPause: () => run.togglePause(),
    onStop: () => session.stop(),
  }),
  data: dataPanel({
    onFiles: (reading) => {
      forgetChoices();
      return inputs.takeOwnFiles(reading).catch((error) => {
        showError(error, "dataset-errors");
      });
    },
    onModelFiles: (files) => modelImport.takeFiles(files),
    isModelFile: (name) => roleOf(name) !== null,
    isLocked: () => state.lesson !== null && !state.lesson.unlocked.includes("dataset-file"),
  }),
  device: devicePanel({ onRetry: () => gpu.choose({ afresh: true }) }),
  health: healthPanel({ onMend: (mend) => changeMends([...mendsOf(settings), mend]), onUndo: () => changeMends([]) }),
  lengths: lengthsPanel(),
  model: modelPanel(),
  fisher: fisherPanel(),
  walkthrough: walkthroughPanel(walkthroughs),
  rates: ratesPanel({ onEdit: (site, rate) => rates.edit(site, rate), onReset: () => rates.reset() }),
  train: trainPanel({ arms: ARMS, fractions: FRACTIONS }),
  tune: tunePanel({ onTune: () => run.tune(), onForget: () => settings.set("choices", []) }),
  diverged: divergedPanel({ onRepeat: (rate) => run.repeatSlower(rate) }),
  noise: noisePanel(walkthroughs),
  verdict: verdictPanel({ onTrainLonger: (epochs) => run.runLonger(epochs), onCell: (pressed) => cell.show(pressed) }),
  cell: cellPanel(),
  correctionEffect: correctionEffectPanel(),
  suspects: suspectsPanel({
    onDecide: (example, decision) => suspects.decide(example, decision),
    onDownload: () => suspects.save(),
    onUse: () => suspects.use(),
    onTestAll: () => suspects.testEveryRow(),
  }),
  labelFile: labelFilePanel({
    onBegin: () => labelFile.begin(),
    onPause: () => labelFile.togglePause(),
    onStop: () => labelFile.stop(),
    onDownload: () => labelFile.save(),
  }),
  landscape: landscapePanel({ onRun: () => landscape.compute(), onDownload: () => landscape.save() }),
  trajectory: trajectoryPanel({ onRun: () => trajectory.compute(), onChoice: () => trajectory.showEstimate(), onDownload: () => trajectory.save() }),
  workbench: workbenchPanel({ onOpen: () => view.open(), onDismiss: () => view.dismiss() }),
  lesson: lessonPanel({ onGo: (steps) => lesson.go(steps), onLeave: () => lesson.leave(), onList: () => lesson.list() }),
  history: historyPanel({
    onOpen: (id) => history.open(id),
    onContinue: (id) => history.continue(id),
    onDismiss: (id) => history.dismiss(id),
    onRename: (id, name) => history.rename(id, name),
    onRemove: (id) => history.remove(id),
    onExport: (id, withFiles) => history.export(id, withFiles),
    onImport: (file) => history.importFile(file),
    onRemoveUnclaimed: () => history.removeUnclaimed(),
  }),
};

// --- who does what ------------------------------------------------------------------------------------------------

const page = { settings, state, session, events, panels };
const estimate = new PlanEstimate(page, { onRunnable: () => run.toRest(), onEstimated: showEstimates });
const rates = new RatesController(page);
const run = new RunController(page, { rates, estimate, onTrained: showTrained, onEnd: (outcome) => history.end(outcome) });
const results = new ResultsController(page, { onTrained: showTrained });
const health = createHealth(page);
const lengths = createLengths(page);
const inputs = new InputsController(page, {
  onReady: toRest,
  onOtherSites: (sites) => {
    if (!rates.fits(sites)) rates.reset();
  },
});
const modelImport = new ModelImport(page, { onModel: (files) => inputs.takeModel(files) });
const gpu = new GpuController(page, { core: { sha256: gpuCore, keep: keepGpuCore }, onSettled: () => estimate.refresh() });
const history = new History(page, {
  store,
  records: new Records(store),
  onRestore: restore,
  onContinue: () => run.run({ again: false }),
  onShow: (record, kept) => results.showKept(record, kept),
});
followRun(page, { run, rates });
const downloads = createDownloads(page, { onEverything: () => history.exportCurrent() });
const labelFile = new LabelFileController(page);
const cell = new CellController(page);
const suspects = new SuspectsController(page, {
  decisions: new Decisions(store),
  onUse: async (corrections) => settings.set("corrections", corrections.length > 0 ? JSON.stringify(corrections) : ""),
});
const landscape = new LandscapeController(page, run);
const trajectory = new TrajectoryController(page, run);
const view = new ViewController(page);
const lesson = new LessonController(page);
const address = createAddress(page, {
  onFollow: follow,
  onResults: (linked, origin) => results.showLinked(linked, origin),
  onFile: () => history.exportCurrent(),
});
bindPanels(page); // last: the bar moves the focus away from what the others have locked
addFigureTools(sourceOf);

async function start() {
  session.open();
  fill(
    byId("device"),
    Object.entries(text.data.devices).map(([value, label]) => element("option", { value }, label)),
  );
  for (const part of ["fisher", "rates", "train", "verdict", "landscape", "trajectory"]) panels[part].showEmpty();
  state.set({ phase: "loading", runnable: false, again: false });
  panels.bar.showStatus(text.run.loading);
  address.readSettings(address.lesson() && (await lesson.load(address.lesson())));
  settings.bindForm(reportControl);
  settings.onChange(takeChanges);
  takeChanges([]);
  rates.showBounds();
  listenForFiles();
  showFirst();
  lesson.begin(); // after the results of the address were read
  showFetched(() => landscape.showFirst(), "surface-errors");
  showFetched(() => showEvidence((figures, of, date) => state.note(figures, of, date)), "evidence-errors");
  linkReport((open) => showFetched(open, "evidence-errors"));
  panels.bar.showDownloadTotal(bytesToLoad(settings.get("model")));
  const loading = inputs.loadAll();
  await finishLoading(loading, Promise.all([gpu.start(loading), history.start()]));
  keepOffline(offerNewer); // last: the first experiment should not wait for it; and in any case, for a newer version may be the cure
}

/** Waits for the inputs and for what comes beside them. Where a request fails, a press makes it again, and what has come stays. */
async function finishLoading(loading, besides) {
  try {
    await Promise.all([loading, besides]);
    toRest();
    await results.judgeLinked();
    await history.offer();
  } catch (error) {
    run.fail(error, undefined, () => {
      hold();
      panels.bar.showStatus(text.run.loading);
      finishLoading(inputs.loadAll(), besides);
    });
  }
}

/** Shows what files of the page hold. Where one does not come, that is told, and a press asks for it again. */
function showFetched(show, slot) {
  show().catch((error) => showError(error, slot, () => showFetched(show, slot)));
}

/** There are fine-tuned models, or others than before. */
function showTrained() {
  downloads.showTrained();
  labelFile.offerModels();
  trajectory.refresh();
}

/** Updates the cost estimates of section 6 after a change of settings or measured speed. */
function showEstimates() {
  landscape.showEstimate();
  trajectory.showEstimate();
}

/** Nothing is under way, and data, prose or model may be new. */
function toRest() {
  run.toRest();
  health.refresh();
  lengths.refresh();
  refreshWalkthroughs();
}

function refreshWalkthroughs() {
  panels.walkthrough.refresh();
  panels.noise.refresh();
}

/** Of what a figure is, and of which day. */
function sourceOf(figure) {
  const date = new Date().toISOString();
  if (["walk", "noise"].includes(figure.id)) {
    return { of: walkthroughs.texts > 0 ? `${session.inputs.model.name}, ${session.inputs.corpus?.name}` : "", date };
  }
  return state.sources[figure.id] ?? state.sources[figure.closest("section").id] ?? { of: state.source?.name ?? "", date };
}

/** Fills the figures from what the address carries, else from a recorded experiment. */
async function showFirst() {
  if (!(await address.readResults())) showFetched(showRecorded, "recorded-errors");
}

async function showRecorded() {
  const recorded = await fetchRecorded();
  if (!recorded || session.running) return;
  const origin = recorded.recorded;
  fill(byId("recorded-note"), rich(text.origin.recordedNote({ ...origin, date: day(origin.date), machine: text.origin.machine(origin.machine) })));
  inputs.showRecorded(recorded);
  results.show(recorded, { kind: "recorded", ...origin });
}

/** Settings or inputs are about to be others: nothing may start from what is half there. */
function hold() {
  state.set({ phase: "loading", runnable: false, again: false });
}

/** Brings the settings and inputs of a kept experiment back; gives the names of what is missing. */
async function restore(record, fileOf) {
  hold();
  try {
    return await inputs.restore(record, fileOf);
  } finally {
    gpu.choose();
    rates.showBounds();
    address.showLink();
    panels.tune.showChoices(settings.get("choices"));
    toRest();
  }
}

// --- settings -----------------------------------------------------------------------------------------------------

/** Settings came from the address, not from the form. */
async function follow(changed) {
  hold();
  gpu.choose();
  view.refresh();
  rates.showBounds();
  address.showLink();
  panels.tune.showChoices(settings.get("choices"));
  await inputs.follow(changed).catch((error) => {
    showError(error, undefined, () => follow(changed));
  });
  toRest();
}

function reportControl(property, control, valid) {
  showControlError(
    control,
    valid
      ? null
      : text.train.invalid(control.closest("label, fieldset").querySelector("span, legend").textContent, property.minimum, property.maximum),
  );
}

/** The rows of the dataset are read again, with these changes. */
function changeMends(mends) {
  settings.assign({ mend: mends.length > 0 ? JSON.stringify(mends) : "" });
}

/** Choices made for other texts, or for another model, do not apply to these. */
function forgetChoices() {
  if (settings.get("choices").length > 0) settings.set("choices", []);
}

/** Corrections are of rows as they were read. */
function forgetCorrections() {
  if (settings.get("corrections") === "") return;
  settings.assign({ corrections: "" }, { quiet: true });
  showNotice(text.suspects.forgotten, "dataset-errors");
}

async function takeChanges(names) {
  const isOther = (name) => names.includes(name) && name !== "corrections"; // with corrections, what was chosen before is what is compared with
  if (["sample", "model", ...READING].some(isOther)) forgetChoices();
  if (READING.some(isOther)) forgetCorrections();
  view.refresh();
  address.showLink();
  panels.tune.showChoices(settings.get("choices"));
  landscape.compareSettings();
  if (names.includes("max_tokens")) lengths.refresh();
  if (["max_tokens", "seeds", "test_fraction", "folds"].some((name) => names.includes(name))) health.refresh();
  if (session.running || !gpu.known) return;
  const changed = (...properties) => properties.some((name) => names.includes(name));
  try {
    if (changed("p_upper", "p_lower", "custom_rates")) rates.showBounds();
    if (changed("device")) gpu.choose();
    if (changed("fisher_seed", "max_tokens")) refreshWalkthroughs();
    if (changed("sample")) await (settings.get("sample") === OWN ? inputs.changeToOwn() : inputs.changeSample());
    else if (changed(...READING)) await inputs.readAgain();
    if (changed("model") && BUILT_IN_MODELS.includes(settings.get("model"))) await inputs.changeModel();
    lengths.refresh();
    run.settingsChanged();
  } catch (error) {
    showError(error, undefined, () => takeChanges(names));
  }
}

function listenForFiles() {
  byId("corpus-file").addEventListener("change", ({ target }) =>
    inputs.takeCorpusFile(/** @type {HTMLInputElement} */ (target).files[0]).catch((error) => {
      showError(error, "fisher-errors");
    }),
  );
}

// --- links within the page ----------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  // Links to a part scroll there and leave the address to the settings.
  const link = /** @type {Element} */ (event.target).closest('a[href^="#"]');
  const target = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  target.scrollIntoView();
  target.focus({ preventScroll: true });
});
addEventListener("beforeunload", (event) => {
  if (session.running || isLabelling(state.labelling) || store.losesResults) event.preventDefault();
});
document.documentElement.dataset.started = ""; // from here on errors are told below, and not by boot.js
addEventListener("unhandledrejection", ({ reason }) => {
  showError(reason);
});
addEventListener("error", ({ error, message }) => {
  showError(error ?? message);
});

start();

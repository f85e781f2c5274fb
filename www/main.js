// Wires the page: settings (state.js) and files go to the session, its events come back to the panels.

import { createAddress } from "./app/address.js";
import { createBringing } from "./model-import/import.js";
import { createDevices } from "./gpu/controller.js";
import { byId, element, fill, rich } from "./ui/dom.js";
import { createExperiment } from "./app/experiment.js";
import { Experiments } from "./store/records.js";
import { addFigureTools } from "./share/figure-tools.js";
import { fetchRecorded } from "./platform/files.js";
import { day } from "./ui/format.js";
import { explainTerms, glossaryList } from "./ui/glossary.js";
import { createKeeping } from "./app/history.js";
import { createLengths } from "./app/lengths.js";
import { localize } from "./ui/localize.js";
import { createOffers } from "./app/downloads.js";
import { dataPanel } from "./panels/data.js";
import { devicePanel } from "./panels/device.js";
import { showControlError, showError, showStorageTrouble } from "./panels/errors.js";
import { showEvidence } from "./panels/evidence.js";
import { fisherPanel } from "./panels/fisher.js";
import { lengthsPanel } from "./panels/lengths.js";
import { divergedPanel } from "./panels/diverged.js";
import { modelPanel } from "./panels/model.js";
import { noisePanel } from "./panels/noise.js";
import { pastPanel } from "./panels/history.js";
import { planePanel } from "./panels/trajectory.js";
import { ratesPanel } from "./panels/rates.js";
import { runBar } from "./panels/run-bar.js";
import { surfacePanel } from "./panels/landscape.js";
import { trainPanel } from "./panels/train.js";
import { verdictPanel } from "./panels/verdict.js";
import { offerNewer } from "./panels/version.js";
import { walkPanel } from "./panels/walkthrough.js";
import { createPlane } from "./app/trajectory.js";
import { disable, reasonOfPhase } from "./ui/reasons.js";
import { Session } from "./engine/session.js";
import { BUILT_IN_MODELS, createSources } from "./app/inputs.js";
import { ARMS, FRACTIONS, OWN, READING, State } from "./app/settings.js";
import { Store } from "./store/store.js";
import { createSurface } from "./app/landscape.js";
import { linkSymbols } from "./ui/symbols.js";
import { text } from "./i18n/text.js";
import { bytesToLoad, keepOffline } from "./app/version.js";
import { createWalks } from "./app/walkthrough.js";

localize();
linkSymbols();
explainTerms(text.glossary);
fill(byId("glossary-list"), glossaryList(text.glossary));

/** What the figures show, and where it comes from. */
const view = {
  fisher: null, rates: null, ratesOrigin: { kind: "empty" }, runs: new Map(), results: null, resultsFrom: null, source: null, dataset: null, corpusName: "",
  own: { dataset: false, model: false, corpus: false },
  /** By part: what its figure is of, and when that was made. */
  shown: {},
};
const state = new State();
const store = new Store(showStorageTrouble);
const experiments = new Experiments(store);
const session = new Session((event) => surface.takeEvent(event) || plane.takeEvent(event) || experiment.takeEvent(event), store);
const walks = createWalks(session, state);
const panels = {
  bar: runBar({ onRun: () => experiment.run(), onRunFisher: () => experiment.run({ fisherOnly: true }), onPause: () => experiment.togglePause(), onStop: () => session.stop(), onLock: lock }),
  data: dataPanel({ onFile: (name, content) => sources.takeOwnFile(name, content).catch(showError), onModelFiles: (files) => bringing.takeFiles(files) }),
  device: devicePanel({ onRetry: () => devices.choose({ afresh: true }) }),
  lengths: lengthsPanel(),
  model: modelPanel(),
  fisher: fisherPanel(),
  walk: walkPanel(walks),
  rates: ratesPanel({ onEdit: editRate, onReset: resetRates }),
  train: trainPanel({ arms: ARMS, fractions: FRACTIONS }),
  lost: divergedPanel({ onRepeat: (rate) => experiment.repeatSlower(rate) }),
  noise: noisePanel(walks),
  verdict: verdictPanel(),
  surface: surfacePanel({ onRun: () => surface.run(), onDownload: () => surface.save() }),
  plane: planePanel({ onRun: () => plane.run(), onChoice: () => plane.showEstimate(), onDownload: () => plane.save() }),
  past: pastPanel({
    onOpen: (id) => keeping.open(id), onContinue: (id) => keeping.continue(id), onDismiss: (id) => keeping.dismiss(id), onRename: (id, name) => keeping.rename(id, name),
    onRemove: (id) => keeping.remove(id), onExport: (id, withFiles) => keeping.export(id, withFiles), onImport: (file) => keeping.import(file),
    onRemoveUnclaimed: () => keeping.removeUnclaimed(),
  }),
};
const page = { state, session, panels, view, store, experiments };
const devices = createDevices(page, { onSettled: () => experiment.replan() });
const offers = createOffers(page, { onEverything: () => keeping.exportCurrent() });
const experiment = createExperiment(page, {
  onDone: showTrained, onEstimated: showEstimates, onBegin: (planned) => keeping.begin(planned), onJob: (kept) => keeping.addJob(kept), onEnd: (outcome) => keeping.end(outcome),
  onFallback: (error) => devices.lost(error),
});
const lengths = createLengths(page);
const sources = createSources(page, { onReady: toRest, onOtherSites: resetRates });
const bringing = createBringing(page, { onModel: sources.takeModel });
const surface = createSurface(page, experiment);
const plane = createPlane(page, experiment);
const keeping = createKeeping(page, { onRestore: restore, onContinue: () => experiment.run({ again: false }), onShow: experiment.showKept });
const address = createAddress(page, { onFollow: follow, onResults: experiment.showLinked, onFile: () => keeping.exportCurrent() });
addFigureTools(sourceOf);

async function start() {
  session.open();
  fill(byId("device"), Object.entries(text.data.devices).map(([value, label]) => element("option", { value }, label)));
  for (const part of ["fisher", "rates", "train", "verdict", "surface", "plane"]) panels[part].showEmpty();
  panels.bar.showPhase("loading", { runnable: false });
  panels.bar.showStatus(text.run.loading);
  address.readSettings();
  state.bindForm(reportControl);
  state.onChange(takeChanges);
  takeChanges([]);
  showBounds();
  listenForFiles();
  showFirst();
  surface.showFirst().catch((error) => showError(error, "surface-errors"));
  showEvidence(view).catch((error) => showError(error, "verdict-errors"));
  panels.bar.showDownloadTotal(bytesToLoad(state.get("model")));
  try {
    const loading = sources.loadAll();
    await Promise.all([devices.start(loading), loading, keeping.start()]);
    toRest();
    await experiment.judgeLinked();
    await keeping.offer();
  } catch (error) {
    experiment.fail(error);
  }
  keepOffline(offerNewer); // last: the first experiment should not wait for it; and in any case, for a newer version may be the cure
}

/** There are fine-tuned models, or others than before. */
function showTrained() {
  offers.showTrained();
  plane.refresh();
}

/** What part 6 would cost, now that something may be measured or set that changes it. */
function showEstimates() {
  surface.showEstimate();
  plane.showEstimate();
}

/** While something is under way, nothing else begins. */
function lock(locked) {
  panels.past.lock(locked);
  panels.lost.lock(locked);
  panels.device.lock(locked);
  offers.lock(locked);
  if (locked) disable(byId("run-plane"), reasonOfPhase());
  else plane.refresh();
}

/** Nothing is under way, and data, prose or model may be new. */
function toRest() {
  experiment.toRest();
  lengths.refresh();
  refreshWalks();
}

function refreshWalks() {
  panels.walk.refresh();
  panels.noise.refresh();
}

/** Of what a figure is, and of which day. */
function sourceOf(figure) {
  const date = new Date().toISOString();
  if (["walk", "noise"].includes(figure.id)) return { of: walks.texts > 0 ? `${session.inputs.model.name}, ${view.corpusName}` : "", date };
  return view.shown[figure.id] ?? view.shown[figure.closest("section").id] ?? { of: view.source?.name ?? "", date };
}

/** Fills the figures from what the address carries, else from a recorded experiment. */
async function showFirst() {
  if (await address.readResults()) return;
  const results = await fetchRecorded();
  if (!results || session.running) return;
  fill(byId("recorded-note"), rich(text.origin.recordedNote({ ...results.recorded, date: day(results.recorded.date), machine: text.origin.machine(results.recorded.machine) })));
  sources.foretell(results);
  experiment.showResults(results, { kind: "recorded", ...results.recorded });
}

/** Brings the settings and inputs of a kept experiment back; gives the names of what is missing. */
async function restore(record, fileOf) {
  panels.bar.showPhase("loading", { runnable: false }); // nothing may start from what is half there
  try {
    return await sources.restore(record, fileOf);
  } finally {
    devices.choose();
    showBounds();
    address.showLink();
    toRest();
  }
}

// --- settings -----------------------------------------------------------------------------------------------------

/** Settings came from the address, not from the form. */
async function follow(changed) {
  panels.bar.showPhase("loading", { runnable: false }); // nothing may start from what is half there
  devices.choose();
  showBounds();
  address.showLink();
  await sources.follow(changed).catch(showError);
  toRest();
}

function reportControl(property, control, valid) {
  showControlError(control, valid ? null : text.train.invalid(control.closest("label, fieldset").querySelector("span, legend").textContent, property.minimum, property.maximum));
}

async function takeChanges(names) {
  address.showLink();
  surface.compareSettings();
  if (names.includes("max_tokens")) lengths.refresh();
  if (session.running || !devices.known) return;
  const changed = (...properties) => properties.some((name) => names.includes(name));
  try {
    if (changed("p_upper", "p_lower", "custom_rates")) showBounds();
    if (changed("device")) devices.choose();
    if (changed("fisher_seed", "max_tokens")) refreshWalks();
    if (changed("sample") && state.get("sample") !== OWN) await sources.changeSample();
    else if (changed(...READING)) await sources.readAgain();
    if (changed("model") && BUILT_IN_MODELS.includes(state.get("model"))) await sources.changeModel();
    lengths.refresh();
    experiment.changed();
  } catch (error) {
    showError(error);
  }
}

function showBounds() {
  panels.rates.showBounds(state.get("p_upper"), state.get("p_lower"));
  experiment.refreshRates();
}

function editRate(site, rate) {
  const base = state.get("custom_rates") ?? view.rates.map((pair) => ({ ...pair, rate: Number(pair.rate.toFixed(5)) }));
  state.assign({
    custom_rates: base.map((pair) => (pair.site === site ? { site, rate } : pair)),
    arms: [...new Set([...state.get("arms"), "custom"])],
  });
}

function resetRates() {
  const others = state.get("arms").filter((arm) => arm !== "custom");
  state.assign({ custom_rates: null, arms: others.length > 0 ? others : ["standard"] });
}

function listenForFiles() {
  byId("corpus-file").addEventListener("change", ({ target }) =>
    sources.takeCorpusFile(target.files[0]).catch((error) => showError(error, "fisher-errors")));
}

// --- links within the page ----------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  // Links to a part scroll there and leave the address to the settings.
  const link = event.target.closest('a[href^="#"]');
  const target = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  target.scrollIntoView();
  target.focus({ preventScroll: true });
});
addEventListener("beforeunload", (event) => { if (session.running) event.preventDefault(); });
addEventListener("unhandledrejection", ({ reason }) => showError(reason));
addEventListener("error", ({ error, message }) => showError(error ?? message));

start();

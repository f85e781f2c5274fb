// The objects that cross between JavaScript and the core. tests/package.mjs reads them.

/** What every failure throws. */
export interface CoreError {
  message: string;
  kind: "dataset" | "tokenizer" | "model_config" | "weights" | "config" | "device" | "diverged";
  place: Place;
  expected: string;
  got: string;
}
export interface Place {
  name: string;
  line?: number;
  column?: string;
}

export type Task = "classification" | "regression";
export type Arm =
  "guided" | "standard" | "gaussian" | "none" | "uniform-mean" | "shuffled" | "reversed" | "by-kind" | "spare-embeddings" | "tuned" | "custom";
/** The program that an exported model's folder is for. */
export type Package = "transformers" | "onnx";
/** `embeddings`, `layer.K.attention.self`, `layer.K.attention.output` or `layer.K.output`. */
export type Site = string;

/** Settings of an experiment; what is left out has the lab's default. */
export type Settings = Partial<Config>;
export interface Config {
  model: string;
  fisher_texts: number;
  fisher_seed: number;
  fisher_loss: "pretraining" | "labelled";
  p_upper: number;
  p_lower: number;
  arms: Arm[];
  custom_rates: SiteRate[] | null;
  tuned_rate: number | null;
  choices: Choice[];
  seeds: number[];
  fractions: number[];
  epochs: number;
  evaluate_every: number;
  learning_rate: number;
  batch_size: number;
  /** Rows of a step that are computed together, at most. */
  micro_batch_size: number;
  max_tokens: number;
  test_fraction: number;
  /** Of which each seed tests one; 0 for a test part drawn by `test_fraction`. */
  folds: number;
  learning_rate_schedule: "constant" | "linear";
  validation_fraction: number;
  warmup_fraction: number;
  weight_decay: number;
  clip_norm: number;
  keep_classifier: boolean;
  /** What a row counts in the loss: `balanced`, inversely to the rows of its class. */
  class_weights: "none" | "balanced";
  /** What verdict, curves and search are about; `automatic`: the first of the task's. */
  metric: Metric | "automatic";
}

/** How a labelled file is read; what is left out is guessed. A column is named by its header or by its place, `"#1"`. */
export interface ReadOptions {
  name?: string;
  text_column?: string | null;
  pair_column?: string | null;
  label_column?: string | null;
  has_header?: boolean | null;
  task?: Task | null;
  /** Any character but a quote. */
  delimiter?: string | null;
  /** 0 or null: all. */
  max_rows?: number | null;
  /** Which rows are kept where there are more than `max_rows`. */
  sample?: "stratified" | "first";
  sample_seed?: number;
  /** Whether the file's own split is kept; by default, if it has one. */
  own_split?: boolean | null;
  mend?: Mend[];
  /** Labels that are not trained on as the file gives them. */
  corrections?: Correction[];
}
/** A repair of the labelled texts. */
export type Mend =
  | { mend: "merge_labels"; into: string; from: string[] }
  | { mend: "drop_labels"; labels: string[] }
  | { mend: "drop_equal" | "drop_contradictions" | "group_near" };
/** Places in the list of names: the file to train on, those for validation and testing, and the rest. */
export interface Arrangement {
  main: number;
  others: number[];
  ignored: number[];
}
export interface JoinedHeader {
  header: string;
  size: number;
}
/** A row as it was read, with its label by name or its score. */
export interface RowView {
  line: number;
  text: string;
  pair: string | null;
  target: string;
}
/** A label that is changed, by its place among the usable rows; null where the row is not trained on. Test rows keep what the file gives. */
export interface Correction {
  example: number;
  given: string;
  corrected: string | null;
}
export interface DatasetView {
  name: string;
  layout: Layout;
  task: Task;
  labels: string[];
  class_counts: number[];
  rows: number;
  rejected: Rejection[];
  has_own_split: boolean;
  losses: Loss[];
  preview: RowView[];
}
/** What can be said of a file, also of one that is refused. */
export interface DatasetInspection {
  columns: string[];
  needs_choice: Part[];
  usable: number;
  losses: Loss[];
  rejected: Rejection[];
}
/** Something found in the labelled texts or in their split, the lines that it concerns, and a repair. */
export type Finding = { lines: number[]; mend: Mend | null } & (
  | { code: "equal_texts" | "contradictions"; texts: number; rows: number }
  | { code: "case_variants" | "number_variants" | "unseen_labels"; labels: string[] }
  | { code: "missing_words"; labels: string[]; rows: number }
  | { code: "near_duplicates"; rows: number; of: number }
  | { code: "imbalance"; most: string; most_rows: number; fewest: string; fewest_rows: number }
  | { code: "smallest_step"; test_rows: number; points: number }
  | { code: "leaked"; rows: number }
  | { code: "unknown_tokens"; share: number; rows: number }
  | { code: "cut"; rows: number; of: number; limit: number }
);
/** Why rows are not used. */
export type Cause =
  | "width"
  | "quotes"
  | "json"
  | "no_text"
  | "no_pair"
  | "no_label"
  | "kind"
  | "encoding"
  | "several_labels"
  | "not_a_number"
  | "lone_label"
  | "set_aside"
  | "mended";
export interface Loss {
  cause: Cause;
  rows: number;
}
export type Part = "text" | "pair" | "label";
export interface Layout {
  format: "csv" | "tsv" | "json" | "json_lines";
  delimiter: string | null;
  has_header: boolean;
  columns: string[];
  text_column: string;
  pair_column: string | null;
  label_column: string;
  guessed: Guess[];
  /** Columns that nothing speaks for. */
  needs_choice: Part[];
  rows: number;
}
export type Guess =
  | { kind: "header"; sign: "asked" | "usual" | "unlike" | "short" | "none"; cell: string | null }
  | {
      kind: "column";
      part: Part;
      column: string;
      by: "name" | "name_part" | "length" | "first_prose" | "second_prose" | "few_values" | "short_values";
      confidence: "unsure" | "likely" | "sure";
      alternatives: string[];
    }
  | { kind: "scores"; numbers: number }
  | { kind: "quotes"; quotes: "doubled" | "space_skipped" | "backslash" | "plain" }
  | { kind: "separator_line" | "row_names" }
  | { kind: "skipped_lines"; lines: number[] }
  | { kind: "numbers"; decimal_comma: boolean; grouped: boolean; percent: boolean }
  | { kind: "encoding"; encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252" }
  | {
      kind: "form";
      form: "field" | "concatenated" | "columns" | "columns_by_row" | "rows_by_name" | "split_orient" | "splits" | "tool" | "nested";
      name: string;
    }
  | { kind: "multi_label"; columns: string[] }
  | { kind: "sample"; kept: number; of: number; seed: number | null }
  | { kind: "splits"; column: string | null; sizes: [number, number, number] };
export interface Rejection {
  line: number;
  reason: string;
  cause: Cause;
}

/** A model by its `config.json` and the header of its weights. */
export interface Appraisal {
  parameters: number;
  layers: number;
  hidden: number;
  heads: number;
  vocabulary: number;
  positions: number;
  has_mlm_head: boolean;
  multiply_adds_per_token: number;
  /** Whether it predicts each next token, and hides none. */
  causal: boolean;
  remarks: ModelRemark[];
}
/** The paper's authors publish it; modules correspond to BERT's; or our own assignment, by the paper's rule. */
export type SitesFrom = "paper" | "counterparts" | "rule";
/** What is read in a way that not everybody expects. */
export type ModelRemark =
  | { kind: "prefix"; prefix: string }
  | { kind: "classifier"; classes: number }
  | { kind: "more_layers"; file: number; used: number }
  | { kind: "decoder" }
  | { kind: "unused"; count: number; names: string[] };
export interface ModelView extends Appraisal {
  name: string;
  sites: Site[];
  /** `model_type`, by Hugging Face's name of the family. */
  family: "bert" | "distilbert" | "electra" | "gpt2" | "modernbert" | "roberta";
  /** Hugging Face's class that opens a fine-tuned model of it. */
  classifier_class: string;
  /** By their keys in `tokenizer_config.json`. */
  special_tokens: Record<string, string>;
  /** The token that fills a batch's shorter rows. */
  pad_id: number;
  /** Where the table of which tensors precede which site comes from. */
  sites_from: SitesFrom;
  /** Head tensors that its file lacks; they are drawn by seed. */
  missing: string[];
  unused: string[];
  /** Of the file's own classifier, which `keep_classifier` keeps; null without one. */
  classes: string[] | null;
}
export interface Corpus {
  texts: number;
}
/** How far a family of kernels is from the CPU's numbers. */
export interface Agreement {
  family: string;
  difference: number;
  tolerance: number;
  ok: boolean;
}
/** A way to compute one part of the work on a GPU. */
export type KernelWay = { part: "products"; way: ProductsWay } | { part: "rows"; way: RowsWay };
export type ProductsWay = "burn" | "tiles16" | "tiles8" | "tiles4";
export type RowsWay = "burn" | "units";
/** What a GPU computes by. */
export interface Kernels {
  products: ProductsWay;
  rows: RowsWay;
}
export interface KernelWays {
  /** Of the model: the width of its layers, of their inner layers, and its heads. */
  shapes: { width: number; inner: number; heads: number };
  usual: Kernels;
  ways: KernelWay[];
}

export interface SiteScore {
  site: Site;
  score: number;
}
export interface SiteRate {
  site: Site;
  rate: number;
}
export interface ArmRates {
  noise: "bernoulli" | "gaussian";
  rates: SiteRate[];
}
export type Arms = Partial<Record<Arm, ArmRates>>;
/** `means`: of the squared gradient, for each tensor. */
export interface TextFisher {
  index: number;
  loss: number;
  means: number[];
}
export interface TensorFisher {
  name: string;
  mean: number;
  site: Site | null;
}
export interface Estimate {
  texts: number;
  sites: SiteScore[];
  tensors: TensorFisher[];
  stability: { texts: number; kendall_tau: number }[];
}

/** What every job has. `work`: multiply-adds, roughly; `units`: texts, optimisation steps or points. */
export interface JobBase {
  id: string;
  work: number;
  units: number;
}
export interface RunKey {
  arm: Arm;
  seed: number;
  fraction: number;
}
export interface FisherJob extends JobBase {
  kind: "fisher";
  from: number;
  to: number;
}
/** `evaluation`: the fraction of the work that evaluations take. */
export interface RunJob extends JobBase, RunKey {
  kind: "run";
  evaluation: number;
}
export interface TrialJob extends JobBase, RunKey {
  kind: "trial";
  setting: TuneSetting;
}
export interface LandscapeJob extends JobBase {
  kind: "landscape";
  settings: LandscapeSettings;
  subset: "centre" | "all" | "top" | "bottom";
  moved: string[];
  level: number;
  row: number;
  columns: number[];
}
export interface TrajectoryJob extends JobBase, RunKey {
  kind: "trajectory";
}
export interface PlaneJob extends JobBase {
  kind: "plane";
  seed: number;
  fraction: number;
  rows: number;
  level: number;
  row: number | null;
  columns: number[];
  at: [number, number][];
}
/** A piece of an experiment that any worker can do. */
export type Job = FisherJob | RunJob | TrialJob | LandscapeJob | TrajectoryJob | PlaneJob;
export interface Plan {
  config: Config;
  jobs: Job[];
  train_rows: number;
  test_rows: number;
  fraction_rows: number[];
}

export interface LandscapeSettings {
  points: number;
  range: number;
  seed: number;
  texts: number;
  norm: "tensor" | "total";
}
export interface Stride {
  tensors: number;
  one_dimensional: number;
  length: number;
}
export interface LandscapePlan {
  axis: number[];
  texts: number;
  strides: { all: Stride; top: Stride; bottom: Stride } | null;
  jobs: Job[];
}
export interface TrajectorySettings {
  points: number;
  rows: number;
}
export interface TrajectoryPlan {
  x: number[];
  y: number[];
  rows: [number, number];
  jobs: Job[];
}
/** Where a model lies in the plane of two trained ones, and how far off it. */
export interface PlanePoint {
  x: number;
  y: number;
  off: number;
}
export interface PlaneView {
  ends: [PlanePoint, PlanePoint];
  unit: number;
}

/** Of classes or of a score, whichever the task has. */
export interface Scores {
  accuracy?: number;
  macro_f1?: number;
  matthews?: number;
  pearson?: number;
  spearman?: number;
}
export interface EpochReport extends Scores {
  epoch: number;
  steps: number;
  train_loss: number;
  eval_loss: number;
}
export interface DeviceSummary {
  kind: string;
  adapter: string | null;
}
export interface RunReport {
  arm: Arm;
  seed: number;
  fraction: number;
  steps: { step: number; loss: number }[];
  epochs: EpochReport[];
  elapsed_ms: number;
  confusion: number[][] | null;
  predictions: number[];
  label_probabilities?: number[];
  rival_probabilities?: number[];
  device?: DeviceSummary;
  micro_batch_size?: number;
}
/** What happened during `advance`. The last event of a job says that it is done, or that a run has diverged. */
export type Event =
  | ({ type: "fisher_text" } & TextFisher)
  | { type: "fisher_done"; from: number; to: number }
  | { type: "step"; step: number; steps: number; loss: number; learning_rate: number; gradient_norm: number }
  | ({ type: "epoch" } & EpochReport)
  | { type: "diverged"; step: number; what: "loss" | "gradient" | "prediction"; learning_rate: number; largest_gradient_norm: number }
  | { type: "run_done"; run: RunReport }
  | { type: "landscape_point"; column: number; loss: number | null }
  | { type: "landscape_done" }
  | ({ type: "trajectory_point"; step: number } & PlanePoint)
  | { type: "trajectory_done" }
  | { type: "plane_point"; point: number; train: number | null; test: number | null }
  | { type: "plane_done" };

/** A trained model's prediction: probabilities of the classes, or a score. */
export interface Prediction {
  tokens: string[];
  probabilities?: number[];
  score?: number;
}

/** The columns of texts and, where the models answer pairs, of second texts in the file that they learnt from. */
export interface UsualColumns {
  text?: string | null;
  pair?: string | null;
}
/** How a file of texts was understood, and the columns that answers add. */
export interface UnlabelledView {
  format: "csv" | "tsv" | "json_lines";
  columns: string[];
  text_column: string;
  pair_column: string | null;
  has_header: boolean;
  added: string[];
}
/** Rows with an answer so far, those without one, and the first of the latter. */
export interface Labelled {
  rows: number;
  unanswered: number;
  rejected: Rejection[];
}

/** Differences of arm minus baseline, paired by seed. */
export interface PairedComparison {
  seeds: number;
  mean_difference: number;
  ci95: [number, number] | null;
  p_value: number | null;
  effect_size: number | null;
  seeds_needed: number | null;
  equivalence: Equivalence | null;
  notes: Note[];
}
/** Two one-sided tests against `bound`: which differences of that size are excluded. */
export interface Equivalence {
  bound: number;
  excluded: "both" | "higher" | "lower" | "neither";
  ci90: [number, number];
  p_value: number;
}
/** Why a number is missing. */
export type Note =
  | { note: "no_pairs" | "one_pair" | "mean_is_zero" }
  | { note: "all_equal" | "effect_too_small" | "same_difference"; seeds: number }
  | { note: "not_finite"; left_out: number };
export interface Comparison extends PairedComparison {
  arm: Arm;
  baseline: Arm;
  fraction: number;
  metric: Metric;
  missing_seeds: number[];
  note: string | null;
  p_holm: number | null;
  least_seeds: number;
  seeds_needed_corrected: number | null;
  outcome: Outcome | null;
}
export type Metric = keyof Scores;
/** What a comparison shows. */
export type Outcome = "ahead" | "behind" | "undecided";
/** The numbers that a clause of the verdict rests on. */
export interface Evidence {
  arm: Arm;
  baseline: Arm;
  metric: Metric;
  fraction: number;
  seeds: number;
  planned_seeds: number;
  mean_difference: number;
  ci95: [number, number] | null;
  p_value: number | null;
  family: number;
}
/** A part of the verdict, as data: docs/formats.md, clauses. */
export type Clause =
  | { clause: "not_compared"; arm: Arm; baseline: Arm }
  | ({ clause: "no_pairs" | "identical" | "ahead" | "behind" | "no_difference" } & Evidence)
  | ({ clause: "too_few_seeds"; least_seeds: number } & Evidence)
  | ({ clause: "equivalence"; arm: Arm; metric: Metric; seeds: number } & Equivalence)
  | { clause: "cannot_show"; seeds: number; least_seeds: number; seeds_needed: number | null }
  | { clause: "seeds_needed"; seeds: number; seeds_needed: number }
  | { clause: "at_the_edge"; seeds: number }
  | { clause: "tests_disagree" | "mean_is_zero" | "beyond_reach" }
  | ({ clause: "control"; control: Arm; finding: "ahead" | "behind" | "no_difference" | "too_few_seeds" | "not_compared" } & Partial<Evidence>)
  | { clause: "missing_pairs"; missing: number; planned_seeds: number }
  | { clause: "answering_majority"; class: number; rows: number; of: number }
  | { clause: "never_answered"; fraction: number; classes: { class: number; arms: Arm[]; by_all: boolean }[] };
/** A metric at an evaluation, or a difference in it: the mean over seeds. */
export interface CurvePoint {
  epoch: number;
  mean: number;
}
/** Whether an arm was trained long enough. */
export interface ArmTraining {
  arm: Arm;
  fraction: number;
  metric: Metric;
  epochs: number;
  curve: CurvePoint[];
  late_gain: number | null;
  doubled_change: number | null;
  settlement: "unknown" | "climbing" | "flat" | "flat_not_settled" | "settled";
}
/** The difference from standard dropout, evaluation by evaluation. */
export interface DifferenceAlong {
  arm: Arm;
  baseline: Arm;
  fraction: number;
  curve: CurvePoint[];
}
/** What has to be said beside the verdict. */
export type Remark = { text: string } & (
  | { kind: "climbing"; arms: Arm[]; gain: number; suggested_epochs: number }
  | { kind: "not_settled"; arms: Arm[]; change: number; suggested_epochs: number }
  | { kind: "flat"; arms: Arm[]; suggested_epochs: number }
  | { kind: "settled" }
  | { kind: "own_best"; settings: number }
  | { kind: "kept_classifier" }
  | {
      kind: "baseline";
      arm: Arm;
      baseline: Baseline;
      difference: number;
      seeds: number;
      ci95: [number, number] | null;
      /** Corrected for all arms. */
      p_value: number | null;
      family: number;
      least_seeds: number;
      outcome: Outcome | null;
    }
);
/** A mean over seeds, with its 95 % interval where there is one. */
export interface SeedMean {
  mean: number;
  ci95: [number, number] | null;
}
/** How an arm's runs predict one class, by its place among the labels. */
export interface ClassScores {
  arm: Arm;
  fraction: number;
  class: number;
  seeds: number;
  rows: number;
  precision: SeedMean;
  recall: SeedMean;
  f1: SeedMean;
}
/** An arm's score at one fraction of the training part. */
export interface LearningPoint extends SeedMean {
  arm: Arm;
  fraction: number;
  metric: Metric;
  seeds: number;
}
/** The baseline's score at one fraction of the training part. */
export interface BaselinePoint extends SeedMean {
  baseline: Baseline;
  fraction: number;
  metric: Metric;
  seeds: number;
}
/** What a doubling of the training rows gave an arm. */
export interface Doubling {
  arm: Arm;
  metric: Metric;
  fraction: number;
  from_fraction: number;
  doublings: number;
  seeds: number;
  gain: number;
  ci95: [number, number] | null;
}
/** What a seed's run predicted, in the order of its test part. */
export interface Predicted {
  seed: number;
  predictions: number[];
}
/** The first rows behind a cell of a confusion matrix, and how many there are. */
export interface Cell {
  found: number;
  rows: (RowView & { agreeing: number; tested: number })[];
}
export interface Judgement {
  classes: ClassScores[];
  /** Empty where one fraction alone is compared. */
  learning: LearningPoint[];
  /** Of the baseline on TF-IDF; absent where no scores of baselines are at hand. */
  learning_baseline?: BaselinePoint[];
  doublings: Doubling[];
  comparisons: Comparison[];
  clauses: Clause[];
  verdict: string;
  trainings: ArmTraining[];
  along: DifferenceAlong[];
  /** Absent where no scores of baselines are at hand. */
  baseline_comparisons?: BaselineComparison[];
  remarks: Remark[];
}
/** What a file of runs says, and what they show: results.json, of a table its settings and runs alone. */
export interface JudgedFile extends Judgement {
  format: string;
  version: number;
  config: Settings;
  dataset: { task: Task; labels: string[]; name?: string };
  runs: RunReport[];
}
/** What is known beside runs that are judged. */
export interface Beside {
  baselines?: BaselineRun[];
  probes?: Probe[];
}
/** A classifier without a transformer, on the same split as the runs. */
export interface BaselineRun extends Scores {
  baseline: Baseline;
  seed: number;
  fraction: number;
}
export type Baseline = "majority" | "tfidf-logistic" | "mean" | "tfidf-ridge";
export interface BaselineComparison extends PairedComparison {
  arm: Arm;
  baseline: Baseline;
  fraction: number;
  metric: Metric;
  outcome: Outcome | null;
}
/** What twice as many epochs change. */
export interface Probe {
  arm: Arm;
  fraction: number;
  epochs: number;
  seeds: number;
  change: number;
}

/** Files of an experiment by their SHA-256, and how the labelled one is read. */
export interface Input {
  name: string;
  sha256: Record<string, string>;
}
export interface Inputs {
  dataset: Input & { options: ReadOptions };
  model: Input;
  corpus: Input;
}
export interface ResultsInput {
  config: Settings;
  device: DeviceSummary;
  fisher?: Estimate | null;
  arms: Arms;
  runs: RunReport[];
  baselines?: BaselineRun[];
  probes?: Probe[];
  inputs?: Inputs | null;
  /** The experiment before, where labels have been corrected since. */
  earlier?: { config: Settings; dataset: { test_parts?: TestPart[] }; runs: RunReport[] };
}
/** Rows whose label the runs of one arm contradict. */
export interface Suspects {
  arm: Arm;
  fraction: number;
  seeds: number;
  tested_rows: number;
  untested_rows: number;
  found: number;
  caution: "no_better_than_majority" | "low_accuracy" | null;
  rows: {
    example: number;
    line: number;
    label: number;
    usual: number;
    agreeing: number;
    tested: number;
    self_confidence: number;
    margin: number;
  }[];
}
/** `results.json`. */
export interface Results extends Judgement {
  format: "guided-dropout-results";
  version: number;
  config: Config;
  device: DeviceSummary;
  dataset: {
    name: string;
    rows: number;
    train_rows: number;
    test_rows: number;
    fraction_rows: number[];
    labels: string[];
    task: Task;
    rejected: Rejection[];
    relabelled: number;
    dropped: number;
    test_parts: TestPart[];
  };
  model: { name: string; parameters: number; layers: number; hidden: number };
  inputs?: Inputs;
  fisher: Estimate | null;
  arms: Partial<Record<Arm, SiteRate[]>>;
  runs: RunReport[];
  probes: Probe[];
  baselines: BaselineRun[];
  baseline_comparisons: BaselineComparison[];
  suspects: Suspects | null;
  correction_effect: CorrectionEffect | null;
}
/** The test rows of a seed, in a number. */
export interface TestPart {
  seed: number;
  digest: string;
}
/** What corrected labels changed, on the same test rows. */
export interface CorrectionEffect {
  metric: Metric;
  fraction: number;
  arms: ArmEffect[];
}
export interface ArmEffect extends PairedComparison {
  arm: Arm;
  earlier: number;
  corrected: number;
  p_holm: number | null;
  outcome: Outcome | null;
}

/** One setting of a search. */
export interface TuneSetting {
  learning_rate: number;
  epochs: number;
  rate?: number | null;
}
export interface Trial extends TuneSetting {
  seed: number;
  score: number | null;
}
/** The settings that a search tries, and by which seeds. */
export interface SearchGrid {
  learning_rates: number[];
  epochs: number[];
  rates: number[];
  seeds: number[];
}
/** How far an arm's search is; what is left out of the grid has the lab's default. */
export interface SearchState {
  grid: Partial<SearchGrid>;
  arm: Arm;
  fraction: number;
  done: Trial[];
}
/** What a search has chosen for an arm. */
export interface Choice extends TuneSetting {
  arm: Arm;
  fraction: number;
  score: number;
  settings: number;
  trials: number;
}

/** One text on its way through Fisher information. */
export interface Walk {
  tokens: { text: string; seen: string; special: boolean }[];
  /** Whether each token but the first is predicted from those before it; else hidden tokens are. */
  causal: boolean;
  hidden: { position: number; answer: TokenGuess; guesses: TokenGuess[] }[];
  measured: TextFisher;
  tensors: TensorFisher[];
  sites: SiteScore[];
  windows: { site: Site; tensor: string; shape: number[]; rows: number; columns: number; gradient: number[]; activations: number[] }[];
}
export interface TokenGuess {
  token: string;
  probability: number;
}

/** Settings with bounds and defaults, arms, metrics, limits and file formats. */
export interface Schema {
  settings: Setting[];
  arms: { name: Arm; code: number; is_control: boolean; needs_fisher: boolean }[];
  families: {
    model_types: string[];
    sites_per_layer: number;
    causal: boolean;
    sites_from: SitesFrom;
    checked_on: "real_weights" | "random_weights";
  }[];
  metrics: { name: Metric; task: Task; is_fraction: boolean }[];
  standard_rate: number;
  limits: { file_bytes: number; seed: number };
  /** Names that settings had in earlier files and addresses, and those that they have now. */
  former_names: Record<string, string>;
  formats: Record<string, { name: string; version: number }>;
}
export type Setting = {
  name: string;
  part: "reading" | "config" | "landscape";
  unit?: string;
  default: string | number | boolean | string[] | number[] | SiteRate[] | null;
  /** what an address or a file of a version up to 0.2 left out, where that was another value */
  first_default?: string | number | string[] | number[];
} & SettingValues;
export type SettingValues =
  | { type: "text" | "arms" | "rates" | "boolean" }
  | { type: "integer" | "number" | "optional_number"; minimum: number; maximum: number }
  | { type: "choice"; choices: (string | number)[] }
  | { type: "seeds"; most: number; each: Bounds }
  | { type: "fractions"; most: number; each: Bounds; choices: number[] };
export interface Bounds {
  minimum: number;
  maximum: number;
}

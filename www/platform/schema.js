// Generated from src/settings.rs and src/lab/schema.rs by
//   REGENERATE=1 cargo test --release --features cli --test schema

/** @type {import("../pkg/guided_dropout_lab.js").Schema} */
export const SCHEMA = {
  "settings": [
    {
      "name": "max_rows",
      "part": "reading",
      "type": "integer",
      "minimum": 0,
      "maximum": 1000000,
      "unit": "rows, 0 for all",
      "default": 0
    },
    {
      "name": "model",
      "part": "config",
      "type": "text",
      "default": "mini-4x256"
    },
    {
      "name": "fisher_texts",
      "part": "config",
      "type": "integer",
      "minimum": 1,
      "maximum": 100000,
      "unit": "texts",
      "default": 64
    },
    {
      "name": "fisher_seed",
      "part": "config",
      "type": "integer",
      "minimum": 0,
      "maximum": 4294967295,
      "unit": "seed",
      "default": 1
    },
    {
      "name": "fisher_loss",
      "part": "config",
      "type": "choice",
      "choices": [
        "pretraining",
        "labelled"
      ],
      "default": "pretraining"
    },
    {
      "name": "p_upper",
      "part": "config",
      "type": "number",
      "minimum": 0.0,
      "maximum": 0.9,
      "unit": "probability",
      "default": 0.1
    },
    {
      "name": "p_lower",
      "part": "config",
      "type": "number",
      "minimum": 0.0,
      "maximum": 0.9,
      "unit": "probability",
      "default": 0.0
    },
    {
      "name": "custom_rates",
      "part": "config",
      "type": "rates",
      "default": null
    },
    {
      "name": "tuned_rate",
      "part": "config",
      "type": "optional_number",
      "minimum": 0.0,
      "maximum": 0.9,
      "unit": "probability",
      "default": null
    },
    {
      "name": "arms",
      "part": "config",
      "type": "arms",
      "default": [
        "standard",
        "guided",
        "uniform-mean",
        "none"
      ],
      "first_default": [
        "standard",
        "guided",
        "uniform-mean"
      ]
    },
    {
      "name": "seeds",
      "part": "config",
      "type": "seeds",
      "most": 50,
      "each": {
        "minimum": 0,
        "maximum": 4294967295
      },
      "unit": "seed",
      "default": [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8
      ],
      "first_default": [
        1,
        2,
        3
      ]
    },
    {
      "name": "fractions",
      "part": "config",
      "type": "fractions",
      "most": 10,
      "each": {
        "minimum": 0.01,
        "maximum": 1.0
      },
      "choices": [
        1.0,
        0.5,
        0.25,
        0.1
      ],
      "unit": "fraction of the training part",
      "default": [
        1.0
      ]
    },
    {
      "name": "epochs",
      "part": "config",
      "type": "integer",
      "minimum": 1,
      "maximum": 1000,
      "unit": "passes over the training rows",
      "default": 6,
      "first_default": 2
    },
    {
      "name": "evaluate_every",
      "part": "config",
      "type": "integer",
      "minimum": 1,
      "maximum": 1000,
      "unit": "epochs",
      "default": 1
    },
    {
      "name": "learning_rate",
      "part": "config",
      "type": "number",
      "minimum": 1e-8,
      "maximum": 1.0,
      "unit": "per step",
      "default": 0.0003
    },
    {
      "name": "batch_size",
      "part": "config",
      "type": "integer",
      "minimum": 1,
      "maximum": 1024,
      "unit": "rows",
      "default": 16
    },
    {
      "name": "micro_batch_size",
      "part": "config",
      "type": "integer",
      "minimum": 1,
      "maximum": 1024,
      "unit": "rows",
      "default": 1024
    },
    {
      "name": "max_tokens",
      "part": "config",
      "type": "integer",
      "minimum": 5,
      "maximum": 4096,
      "unit": "tokens",
      "default": 64
    },
    {
      "name": "test_fraction",
      "part": "config",
      "type": "number",
      "minimum": 0.05,
      "maximum": 0.9,
      "unit": "fraction of the rows",
      "default": 0.2
    },
    {
      "name": "folds",
      "part": "config",
      "type": "integer",
      "minimum": 0,
      "maximum": 50,
      "unit": "folds, 0 for none",
      "default": 0
    },
    {
      "name": "validation_fraction",
      "part": "config",
      "type": "number",
      "minimum": 0.0,
      "maximum": 0.5,
      "unit": "fraction of the training part",
      "default": 0.0
    },
    {
      "name": "learning_rate_schedule",
      "part": "config",
      "type": "choice",
      "choices": [
        "linear",
        "constant"
      ],
      "default": "linear"
    },
    {
      "name": "warmup_fraction",
      "part": "config",
      "type": "number",
      "minimum": 0.0,
      "maximum": 0.9,
      "unit": "fraction of the steps",
      "default": 0.1
    },
    {
      "name": "weight_decay",
      "part": "config",
      "type": "number",
      "minimum": 0.0,
      "maximum": 1.0,
      "unit": "per step and learning rate",
      "default": 0.01
    },
    {
      "name": "clip_norm",
      "part": "config",
      "type": "number",
      "minimum": 1e-6,
      "maximum": 1000000.0,
      "unit": "norm of the gradient",
      "default": 1.0
    },
    {
      "name": "class_weights",
      "part": "config",
      "type": "choice",
      "choices": [
        "none",
        "balanced"
      ],
      "default": "none"
    },
    {
      "name": "metric",
      "part": "config",
      "type": "choice",
      "choices": [
        "automatic",
        "accuracy",
        "macro_f1",
        "matthews",
        "pearson",
        "spearman"
      ],
      "default": "automatic"
    },
    {
      "name": "keep_classifier",
      "part": "config",
      "type": "boolean",
      "default": false
    },
    {
      "name": "surface_points",
      "part": "landscape",
      "type": "integer",
      "minimum": 8,
      "maximum": 32,
      "unit": "points of a side",
      "default": 16
    },
    {
      "name": "surface_range",
      "part": "landscape",
      "type": "number",
      "minimum": 0.01,
      "maximum": 10.0,
      "unit": "step lengths to each side",
      "default": 1.5
    },
    {
      "name": "surface_seed",
      "part": "landscape",
      "type": "integer",
      "minimum": 0,
      "maximum": 4294967295,
      "unit": "seed",
      "default": 1
    },
    {
      "name": "surface_texts",
      "part": "landscape",
      "type": "integer",
      "minimum": 1,
      "maximum": 10000,
      "unit": "texts",
      "default": 16
    },
    {
      "name": "surface_norm",
      "part": "landscape",
      "type": "choice",
      "choices": [
        "tensor",
        "total"
      ],
      "default": "tensor"
    }
  ],
  "arms": [
    {
      "name": "standard",
      "code": 0,
      "is_control": false,
      "needs_fisher": false
    },
    {
      "name": "guided",
      "code": 1,
      "is_control": false,
      "needs_fisher": true
    },
    {
      "name": "uniform-mean",
      "code": 2,
      "is_control": true,
      "needs_fisher": true
    },
    {
      "name": "shuffled",
      "code": 3,
      "is_control": true,
      "needs_fisher": true
    },
    {
      "name": "reversed",
      "code": 4,
      "is_control": false,
      "needs_fisher": true
    },
    {
      "name": "gaussian",
      "code": 5,
      "is_control": false,
      "needs_fisher": false
    },
    {
      "name": "none",
      "code": 6,
      "is_control": false,
      "needs_fisher": false
    },
    {
      "name": "custom",
      "code": 7,
      "is_control": false,
      "needs_fisher": false
    },
    {
      "name": "by-kind",
      "code": 8,
      "is_control": false,
      "needs_fisher": true
    },
    {
      "name": "spare-embeddings",
      "code": 9,
      "is_control": false,
      "needs_fisher": true
    },
    {
      "name": "tuned",
      "code": 10,
      "is_control": false,
      "needs_fisher": false
    }
  ],
  "families": [
    {
      "model_types": [
        "bert"
      ],
      "sites_per_layer": 3,
      "causal": false,
      "sites_from": "paper",
      "checked_on": "real_weights"
    },
    {
      "model_types": [
        "distilbert"
      ],
      "sites_per_layer": 2,
      "causal": false,
      "sites_from": "counterparts",
      "checked_on": "random_weights"
    },
    {
      "model_types": [
        "electra"
      ],
      "sites_per_layer": 3,
      "causal": false,
      "sites_from": "counterparts",
      "checked_on": "random_weights"
    },
    {
      "model_types": [
        "gpt2"
      ],
      "sites_per_layer": 3,
      "causal": true,
      "sites_from": "rule",
      "checked_on": "random_weights"
    },
    {
      "model_types": [
        "modernbert"
      ],
      "sites_per_layer": 3,
      "causal": false,
      "sites_from": "rule",
      "checked_on": "random_weights"
    },
    {
      "model_types": [
        "roberta",
        "xlm-roberta",
        "camembert"
      ],
      "sites_per_layer": 3,
      "causal": false,
      "sites_from": "counterparts",
      "checked_on": "random_weights"
    }
  ],
  "metrics": [
    {
      "name": "accuracy",
      "task": "classification",
      "is_fraction": true
    },
    {
      "name": "macro_f1",
      "task": "classification",
      "is_fraction": true
    },
    {
      "name": "matthews",
      "task": "classification",
      "is_fraction": false
    },
    {
      "name": "pearson",
      "task": "regression",
      "is_fraction": false
    },
    {
      "name": "spearman",
      "task": "regression",
      "is_fraction": false
    }
  ],
  "standard_rate": 0.1,
  "limits": {
    "file_bytes": 67108864,
    "seed": 4294967295
  },
  "former_names": {
    "test_share": "test_fraction",
    "warmup_share": "warmup_fraction"
  },
  "formats": {
    "experiment": {
      "name": "guided-dropout-experiment",
      "version": 2
    },
    "landscape": {
      "name": "guided-dropout-surface",
      "version": 1
    },
    "link": {
      "name": "guided-dropout-link",
      "version": 2
    },
    "results": {
      "name": "guided-dropout-results",
      "version": 2
    },
    "schedule": {
      "name": "guided-dropout-schedule",
      "version": 1
    },
    "trajectory": {
      "name": "guided-dropout-plane",
      "version": 1
    }
  }
};

// The encoder of the lab's src/model.rs in TensorFlow.js, operation by operation: it has no jit.
//
// GELU is the exact one, through erf. Moments and their correction are tf.train.adam's; decoupled decay and clipping, which it lacks, are added.

import "./node_modules/@tensorflow/tfjs/dist/tf.min.js";
import { RECIPE, servePeer } from "./workload.js";

const { tf } = globalThis;

servePeer(async ({ device, wholeLastLayer = false }, { config, tensors, ids, labels }) => {
  if (device === "webgpu") await import("./node_modules/@tensorflow/tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js");
  if (!(await tf.setBackend(device))) throw new Error(`TensorFlow.js cannot start its backend ${device} here`);
  await tf.ready();
  const { hidden_size: width, num_attention_heads: heads, num_hidden_layers: layers, layer_norm_eps: epsilon } = config;
  const classes = tensors.get("classifier.bias").shape[0];
  let p = {};
  let optimizer;
  let rate = 0;

  const dropout = (x) => (rate === 0 ? x : tf.dropout(x, rate));
  const norm = (name, x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).div(variance.add(epsilon).sqrt()).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
  };
  const linear = (name, x) => tf.fused.matMul({ a: x, b: p[`${name}.weight`], bias: p[`${name}.bias`] }); // [N, in] → [N, out]
  const gelu = (x) => x.mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5));

  /** Mean cross-entropy of a batch of b texts of t tokens; hidden states are [B·T, D]. */
  function loss(tokens, targets, b, t) {
    const split = (x, length) => x.reshape([b, length, heads, width / heads]).transpose([0, 2, 1, 3]); // [B, H, T, D/H]
    const first = (x) => x.reshape([b, t, width]).slice([0, 0, 0], [b, 1, width]).reshape([b, width]);
    const places = p["embeddings.position_embeddings.weight"]
      .slice([0, 0], [t, width])
      .add(p["embeddings.token_type_embeddings.weight"].slice([0, 0], [1, width]));
    const embedded = tf
      .gather(p["embeddings.word_embeddings.weight"], tokens)
      .reshape([b, t, width])
      .add(places)
      .reshape([b * t, width]);
    let x = dropout(norm("embeddings.LayerNorm", embedded));
    for (let k = 0; k < layers; k += 1) {
      const layer = `encoder.layer.${k}`;
      const part = k + 1 < layers || wholeLastLayer ? t : 1; // as in jax.js
      const asking = part === t ? x : first(x);
      const query = split(linear(`${layer}.attention.self.query`, asking), part);
      const key = split(linear(`${layer}.attention.self.key`, x), t);
      const value = split(linear(`${layer}.attention.self.value`, x), t);
      const scores = tf.matMul(query, key, false, true).mul((width / heads) ** -0.5);
      const attended = tf
        .matMul(dropout(tf.softmax(scores)), value)
        .transpose([0, 2, 1, 3])
        .reshape([b * part, width]);
      x = norm(`${layer}.attention.output.LayerNorm`, dropout(linear(`${layer}.attention.output.dense`, attended)).add(asking));
      const inner = gelu(linear(`${layer}.intermediate.dense`, x));
      x = norm(`${layer}.output.LayerNorm`, dropout(linear(`${layer}.output.dense`, inner)).add(x));
    }
    const pooled = dropout(linear("pooler.dense", wholeLastLayer ? first(x) : x).tanh());
    return tf
      .logSoftmax(linear("classifier", pooled))
      .mul(tf.oneHot(targets, classes))
      .sum()
      .mul(-1 / b);
  }

  return {
    async reset({ dropout: wanted }) {
      for (const variable of Object.values(p)) variable.dispose();
      optimizer?.dispose();
      p = Object.fromEntries([...tensors].map(([name, { shape, values }]) => [name, tf.variable(tf.tensor(values.slice(), shape))]));
      optimizer = tf.train.adam(1, RECIPE.beta1, RECIPE.beta2, RECIPE.epsilon);
      rate = wanted;
    },
    async step(rows, { decay, learningRate }) {
      const value = tf.tidy(() => {
        const tokens = tf.tensor1d(
          rows.flatMap((row) => ids[row]),
          "int32",
        );
        const targets = tf.tensor1d(
          rows.map((row) => labels[row]),
          "int32",
        );
        const { value: mean, grads } = tf.variableGrads(() => loss(tokens, targets, rows.length, ids[rows[0]].length), Object.values(p));
        const norms = tf.addN(Object.values(grads).map((gradient) => gradient.square().sum())).sqrt();
        const scale = tf.minimum(tf.div(RECIPE.clipNorm, norms.add(1e-6)), 1);
        for (const name of Object.keys(grads)) grads[name] = grads[name].mul(scale);
        for (const variable of Object.values(p)) variable.assign(variable.mul(decay));
        optimizer.learningRate = learningRate;
        optimizer.applyGradients(grads);
        return mean;
      });
      const [read] = await value.data();
      value.dispose();
      return read;
    },
  };
});

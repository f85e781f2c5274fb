// The encoder of the lab's src/model.rs in jax-js, one jitted function a step: forward, backward, clipping and AdamW.
//
// GELU is the exact one, through erfc. jax-js counts references: what is used twice says `.ref` the first time.

import { defaultDevice, init, jit, nn, numpy as np, random, valueAndGrad } from "./node_modules/@jax-js/jax/dist/index.js";
import { RECIPE, servePeer } from "./workload.js";

servePeer(async ({ device, wholeLastLayer = false }, { config, tensors, ids, labels }) => {
  const devices = await init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no device ${device} here, only ${devices.join(", ")}`);
  defaultDevice(device);
  const { hidden_size: width, num_attention_heads: heads, num_hidden_layers: layers, layer_norm_eps: epsilon } = config;
  const names = [...tensors.keys()];
  const classes = tensors.get("classifier.bias").shape[0];
  const fresh = (values) =>
    Object.fromEntries(names.map((name) => [name, np.array(values(tensors.get(name).values), { shape: tensors.get(name).shape })]));

  const norm = (p, name, x) => nn.standardize(x, -1, { epsilon }).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
  const linear = (p, name, x) => {
    const out = p[`${name}.bias`].shape[0];
    const [b, t, d] = x.shape;
    return np
      .matmul(x.reshape([b * t, d]), p[`${name}.weight`])
      .add(p[`${name}.bias`])
      .reshape([b, t, out]);
  };

  /** Mean cross-entropy of a batch. Takes each parameter once, as jax-js wants. */
  function loss(p, tokens, targets, seed, rate) {
    const [b, t] = tokens.shape;
    const keys = random.split(random.key(seed), 3 * layers + 2);
    let site = 0;
    const dropout = (x) => {
      const at = site++;
      if (rate === 0) return x;
      return np.where(random.bernoulli(keys.ref.slice(at), 1 - rate, x.shape), x.mul(1 / (1 - rate)), 0);
    };
    const split = (x) => np.transpose(x.reshape([b, x.shape[1], heads, width / heads]), [0, 2, 1, 3]); // [B, H, T, D/H]
    const embedded = np
      .take(p["embeddings.word_embeddings.weight"], tokens, 0)
      .add(p["embeddings.position_embeddings.weight"].slice([0, t]))
      .add(p["embeddings.token_type_embeddings.weight"].slice(0));
    let x = dropout(norm(p, "embeddings.LayerNorm", embedded));
    for (let k = 0; k < layers; k += 1) {
      const layer = `encoder.layer.${k}`;
      // Nothing reads the last layer but the classifier, at the first token: the lab computes no other, so neither need a peer.
      const asking = k + 1 < layers || wholeLastLayer ? x.ref : x.ref.slice([], [0, 1], []);
      const query = split(linear(p, `${layer}.attention.self.query`, asking.ref));
      const key = split(linear(p, `${layer}.attention.self.key`, x.ref));
      const value = split(linear(p, `${layer}.attention.self.value`, x));
      const scores = np.matmul(query, np.swapaxes(key, 2, 3)).mul((width / heads) ** -0.5);
      const attended = np.transpose(np.matmul(dropout(nn.softmax(scores, -1)), value), [0, 2, 1, 3]).reshape(asking.shape);
      x = norm(p, `${layer}.attention.output.LayerNorm`, dropout(linear(p, `${layer}.attention.output.dense`, attended)).add(asking));
      const inner = nn.gelu(linear(p, `${layer}.intermediate.dense`, x.ref), { approximate: false });
      x = norm(p, `${layer}.output.LayerNorm`, dropout(linear(p, `${layer}.output.dense`, inner)).add(x));
    }
    const pooled = dropout(np.tanh(linear(p, "pooler.dense", x.slice([], [0, 1], []))));
    keys.dispose();
    const logits = linear(p, "classifier", pooled).reshape([b, classes]);
    return nn
      .logSoftmax(logits, -1)
      .mul(nn.oneHot(targets, classes))
      .sum()
      .mul(-1 / b);
  }

  const step = jit(
    function step(p, m, v, tokens, targets, seed, decay, rate, secondCorrection, dropoutRate) {
      const [value, gradients] = valueAndGrad((...arrays) => loss(...arrays, dropoutRate))(tree(p), tokens, targets, seed);
      const squares = names.map((name) => np.square(gradients[name].ref).sum()).reduce((sum, square) => sum.add(square));
      const scale = np.minimum(np.reciprocal(np.sqrt(squares).add(1e-6)).mul(RECIPE.clipNorm), 1);
      const next = { p: {}, m: {}, v: {} };
      for (const name of names) {
        const gradient = gradients[name].mul(scale.ref);
        const first = m[name].mul(RECIPE.beta1).add(gradient.ref.mul(1 - RECIPE.beta1));
        const second = v[name].mul(RECIPE.beta2).add(np.square(gradient).mul(1 - RECIPE.beta2));
        next.m[name] = first.ref;
        next.v[name] = second.ref;
        const move = first.mul(rate.ref).div(np.sqrt(second.mul(secondCorrection.ref)).add(RECIPE.epsilon));
        next.p[name] = p[name].mul(decay.ref).sub(move);
      }
      for (const scalar of [scale, decay, rate, secondCorrection]) scalar.dispose();
      return { ...next, loss: value };
    },
    { staticArgnums: [9] },
  );
  const tree = (p) => Object.fromEntries(Object.entries(p).map(([name, array]) => [name, array.ref])); // the update needs them once more

  let state = null;
  let rate = 0;
  return {
    async reset({ dropout }) {
      if (state) for (const part of Object.values(state)) for (const array of Object.values(part)) array.dispose();
      const zeros = (values) => new Float32Array(values.length);
      state = { p: fresh((values) => values.slice()), m: fresh(zeros), v: fresh(zeros) };
      rate = dropout;
    },
    async step(rows, { decay, rate: learningRate, secondCorrection }, at) {
      const tokens = np.array(new Int32Array(rows.flatMap((row) => ids[row])), { shape: [rows.length, ids[rows[0]].length], dtype: np.int32 });
      const targets = np.array(new Int32Array(rows.map((row) => labels[row])), { dtype: np.int32 });
      const seed = np.array(new Uint32Array([at + 1]), { dtype: np.uint32 }).reshape([]);
      const { loss: value, ...next } = step(
        state.p,
        state.m,
        state.v,
        tokens,
        targets,
        seed,
        np.array(decay),
        np.array(learningRate),
        np.array(secondCorrection),
        rate,
      );
      state = next;
      return (await value.data())[0];
    },
  };
});

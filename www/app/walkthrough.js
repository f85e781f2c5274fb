// Texts that were walked through Fisher, for the figures that show them: each is asked of the core once.

/**
 * @param {import("../engine/session.js").Session} session
 * @param {import("./settings.js").Settings} settings
 */
export function createWalkthroughs(session, settings) {
  const config = () => ({ fisher_seed: settings.get("fisher_seed"), max_tokens: settings.get("max_tokens") });
  /** On what a walk's numbers depend. */
  const inputs = () => JSON.stringify([session.inputs.model?.sha256, session.inputs.corpus?.sha256, config()]);
  let madeOf = "";
  let walks = new Map();

  return {
    /** The number of passages that can be walked; 0 while there is no model that can, or no prose. */
    get texts() {
      return session.inputs.model?.info.has_mlm_head ? (session.inputs.corpus?.info.texts ?? 0) : 0;
    },

    get lacksHead() {
      return session.inputs.model?.info.has_mlm_head === false;
    },

    /** Whether the model predicts each next token, and hides none. */
    get causal() {
      return session.inputs.model?.info.causal === true;
    },

    /** Tokens of the model's vocabulary. */
    get vocabulary() {
      return session.inputs.model.info.vocabulary;
    },

    inputs,

    /** @returns {Promise<object>} the core's `Walk` of a passage */
    walk(index) {
      if (madeOf !== inputs()) {
        madeOf = inputs();
        walks = new Map();
      }
      if (!walks.has(index)) {
        const walk = session.coordinator.walk(config(), index);
        walk.catch(() => walks.delete(index));
        walks.set(index, walk);
      }
      return walks.get(index);
    },

    /** @returns {Promise<object>} the estimate from several walks together */
    estimateFisher(several) {
      return session.coordinator.estimateFisher(
        config(),
        several.map(({ measured }) => measured),
      );
    },
  };
}

// What transformers.js answers of an exported folder: the same lines in Node and in a page.

/**
 * @param {typeof import("@huggingface/transformers").pipeline} pipeline
 * @param {string} name of the folder
 * @param {"fp32" | "q8"} dtype which of its files
 * @param {string[]} texts
 * @returns {Promise<{scores: Array<Array<{label: string, score: number}>>, logits: number[][]}>} of each text
 */
export async function answersOf(pipeline, name, dtype, texts) {
  const classify = await pipeline("text-classification", name, { dtype });
  const scores = await classify(texts, { top_k: null });
  const logits = [];
  for (const text of texts) logits.push(Array.from((await classify.model(classify.tokenizer(text))).logits.data));
  await classify.dispose();
  return { scores, logits };
}

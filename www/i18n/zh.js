// All text of the page in simplified Chinese; same shape and marks as en.js.
// Example texts stay English, because the built-in model was trained on English only.

import { data } from "./zh/data.js";
import { evidence } from "./zh/evidence.js";
import { labelling } from "./zh/labelling.js";
import { landscape } from "./zh/landscape.js";
import { learning } from "./zh/learning.js";
import { lesson } from "./zh/lesson.js";
import { method } from "./zh/method.js";
import { model } from "./zh/model.js";
import { page } from "./zh/page.js";
import { records } from "./zh/records.js";
import { suspects } from "./zh/suspects.js";
import { training } from "./zh/training.js";
import { verdict } from "./zh/verdict.js";
import { view } from "./zh/view.js";
import { walkthrough } from "./zh/walkthrough.js";

export const text = {
  ...page,
  ...data,
  ...model,
  ...method,
  ...training,
  ...verdict,
  ...evidence,
  ...labelling,
  ...suspects,
  ...landscape,
  ...learning,
  ...records,
  ...view,
  ...lesson,
  ...walkthrough,
};

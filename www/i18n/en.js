// All text of the page in English. A translation is a file of the same shape, listed in languages.js.
// Values are strings or functions that return them. Marks: *emphasis*, `code`, [links](#part), and {terms} of the glossary at the end.
// A term whose wording differs from its glossary key is {wording|key}.

import { data } from "./en/data.js";
import { evidence } from "./en/evidence.js";
import { labelling } from "./en/labelling.js";
import { landscape } from "./en/landscape.js";
import { learning } from "./en/learning.js";
import { lesson } from "./en/lesson.js";
import { method } from "./en/method.js";
import { model } from "./en/model.js";
import { page } from "./en/page.js";
import { records } from "./en/records.js";
import { suspects } from "./en/suspects.js";
import { training } from "./en/training.js";
import { verdict } from "./en/verdict.js";
import { view } from "./en/view.js";
import { walkthrough } from "./en/walkthrough.js";

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

// Names that settings had in files and addresses before version 2 of results.json (src/settings.rs).

import { SCHEMA } from "./schema.js";

const PRESENT = new Map(Object.entries(SCHEMA.former_names));

/**
 * @param {string} name of a setting in a file or an address of any version
 * @returns {string} the name that it has now
 */
export const presentName = (name) => PRESENT.get(name) ?? name;

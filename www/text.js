// The words of the page in the reader's language: what the address asks for, else what the browser prefers, else English.

/** Language codes and the languages' own names; each has a file in text/. */
export const LANGUAGES = { en: "English" };

function chosen() {
  const asked = location.hash.match(/(?:^#|&)language=([\w-]+)/)?.[1];
  return [asked, ...navigator.languages.map((tag) => tag.split("-")[0])].find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
}

/** The code of the language shown; another needs a reload. */
export const language = chosen();
export const { text } = await import(`./text/${language}.js`);
document.documentElement.lang = language;

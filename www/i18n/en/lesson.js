// English words of lessons.

export const lesson = {
  lesson: {
    heading: "Lessons",
    intro: "A lesson shows a few parts of the page, with a question at each step.",
    title: (title) => `Lesson: ${title}`,
    step: (step, of) => `Step ${step} of ${of}`,
    answer: "Show the answer",
    back: "Back",
    next: "Next step",
    leave: "Open the whole page",
    locked: (unlocked) => (unlocked === "" ? "All settings are locked." : `Settings are locked, except: ${unlocked}.`),
    unknown: (name, known) => `The address names the lesson “${name}”, which this page does not have. Lessons here: ${known}`,
  },
};

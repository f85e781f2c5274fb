// Chinese words of lessons.

export const lesson = {
  lesson: {
    heading: "课程",
    intro: "课程只显示页面的几个部分，每一步有一个问题。",
    title: (title) => `课程：${title}`,
    step: (step, of) => `第 ${step} 步，共 ${of} 步`,
    answer: "显示答案",
    back: "上一步",
    next: "下一步",
    leave: "打开整个页面",
    locked: (unlocked) => (unlocked === "" ? "所有设置已锁定。" : `设置已锁定，可以更改的有：${unlocked}。`),
    unknown: (name, known) => `地址中的课程“${name}”在本页不存在。本页的课程：${known}`,
  },
};

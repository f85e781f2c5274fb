// 第 5 节“标注文件”的文字。

export const labelling = {
  labelling: {
    heading: "标注文件",
    intro:
      "用一个微调后的模型或某个方案各种子的平均，预测文件的每一行。结果的行和列与原文件相同（空行除外），后面增加标签、概率和第二可能的标签。无论文件多长，都只留在浏览器中。",
    file: "文本文件（CSV、TSV、JSON Lines、纯文本）",
    model: "模型",
    seeds: "答案来自",
    one: (seed) => `种子 ${seed}`,
    mean: (seeds) => `${seeds} 个种子的平均`,
    kept: (seeds, planned, most) => `保存了 ${planned} 个种子中 ${seeds} 个的模型：总共不超过 ${most}；较早的实验只保存第一个种子的模型。`,
    column: "文本列",
    guessed: "自动判断",
    begin: "标注各行",
    pause: "暂停",
    resume: "继续",
    stop: "停止",
    progress: "文件中已标注的比例",
    download: "已标注的文件",
    waiting: "请先运行实验，或从历史记录中打开一个：实验会微调模型。",
    choose: "请选择文件。",
    chosen: (file) => `可以标注 ${file}。`,
    opening: (file) => `正在读取 ${file}。`,
    columns: (text, pair) => (pair === null ? `文本：列“${text}”。` : `文本：列“${text}”和“${pair}”。`),
    working: (rows) => `已标注 ${rows} 行`,
    paused: (rows) => `已在 ${rows} 行之后暂停，数据没有丢失。`,
    done: (file, rows, { arm, seeds, dataset }) =>
      `${file}：${rows} 行已由 ${seeds === 1 ? arm : `${arm} ${seeds} 个种子的平均`}标注，模型在 ${dataset} 上微调。`,
    stopped: (rows) => `已在 ${rows} 行之后停止，可下载这些行。`,
    unanswered: (rows) => (rows === "1" ? "1 行没有标签：" : `${rows} 行没有标签，最前面的是：`),
    columnsOfRejected: { line: "行号", reason: "原因" },
  },
};

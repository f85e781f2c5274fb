// 学习曲线的文字，以及混淆矩阵单元格中各行的文字。

export const learning = {
  learning: {
    heading: "更多标签有用吗？",
    axis: "训练行数",
    caption: "最后一轮得分随训练行数的变化，各种子的平均。带：各种子的 95\u00a0% 置信区间。",
    detail: (name, mean, interval) => `${name} ${mean}${interval && `（${interval}）`}`,
    last: "行数最后一次加倍",
    each: (doublings) => `行数每加倍一次（共 ${doublings} 次）`,
    rows: (from, to) => `${from} 到 ${to}`,
    sentence: ({ span, rows, arm, gain, metric, interval, seeds, outcome }) =>
      `${span}（${rows}），${arm} 的${metric}变化 ${gain}（${[interval && `95\u00a0% 置信区间 ${interval}`, seeds].filter(Boolean).join("；")}）。${outcome}`,
    outcomes: {
      helps: "更多标签仍然有用。",
      hurts: "更多标签没有用。",
      undecided: "尚不能表明更多标签有用。",
      unknown: "需要更多种子才能判断更多标签是否有用。",
    },
    columns: { arm: "方案", rows: "训练行数", mean: "平均", interval: "95\u00a0% 置信区间", seeds: "种子数" },
  },
  cell: {
    press: (truth, predicted, rows) => `显示 ${rows} 个 ${truth} → ${predicted}`,
    heading: (arm, truth, predicted) => `${arm}：“${truth}”被预测为“${predicted}”`,
    found: (rows) => `${rows} 段文本，作此预测的种子最多的排在前面。`,
    first: (rows) => `这里显示前 ${rows} 段。`,
    otherHeading: "载入的是其他文本",
    other: "要查看单元格中的文本，请载入该实验的数据集。",
    seeds: (agreeing, tested) => `${agreeing} / ${tested}`,
    columns: { text: "文本", line: "行", seeds: "作此预测的种子" },
    close: "关闭",
  },
};

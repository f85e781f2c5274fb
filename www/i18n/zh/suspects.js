// 第 5 节“值得复查的标签”的文字。

export const suspects = {
  suspects: {
    heading: "值得复查的标签",
    intro:
      "每个种子都测试其模型没有训练过的行。下列各行得到的预测通常与给定标签不同。排在最前的自信度最低：给定标签的平均概率（置信学习，Northcutt 等，2021）。数值低也可能只是因为这一行难以判断。",
    found: (found, tested, arm, seeds) => `已测试的 ${tested} 行中有 ${found} 行；依据 ${arm} 的预测，${seeds} 个种子。`,
    first: (rows) => `这里显示前 ${rows} 行，results.json 最多列出 200 行。`,
    columns: {
      text: "文本",
      label: "给定标签",
      usual: "通常的预测",
      agreeing: "作此预测的种子",
      confidence: "自信度",
      decision: "决定",
    },
    agreeing: (agreeing, tested) => `${agreeing} / ${tested}`,
    decide: (line) => `对第 ${line} 行的决定`,
    keep: "保留",
    drop: "删除",
    relabel: (label) => `改为：${label}`,
    noChanges: "没有更改任何标签。",
    changes: (rows) => `已改标签或删除 ${rows} 行。`,
    download: "下载更正后的数据",
    use: "使用更正后的数据",
    limits:
      "更正后的数据是实验所用的各行，格式为 CSV。在这里使用时，它是一个新文件，划分也是新的，因此得分来自其他测试行。如果标签是按预测更改的，其得分会偏高。",
  },
};

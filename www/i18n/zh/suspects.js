// 第 5 节“值得复查的标签”的文字。

export const suspects = {
  suspects: {
    heading: "值得复查的标签",
    intro:
      "每个种子都测试其模型没有训练过的行。下列各行得到的预测通常与给定标签不同。排在最前的自信度最低：给定标签的平均概率（置信学习，Northcutt 等，2021）。数值低也可能只是因为这一行难以判断。",
    found: (found, tested, arm, seeds) => `已测试的 ${tested} 行中有 ${found} 行；依据 ${arm} 的预测，${seeds} 个种子。`,
    first: (rows) => `这里显示前 ${rows} 行，results.json 最多列出 200 行。`,
    untested: (untested, rows) => `${rows} 行中有 ${untested} 行从未测试：对它们的标签一无所知。`,
    untestedOwn: "交叉验证不采用文件自带的划分，训练行也会被测试。",
    allTested: "每一行都测试过。",
    testEveryRow: "测试每一行：五折",
    willTestAll: (folds) => `下一次实验分为 ${folds} 折，测试每一行。`,
    cautions: {
      no_better_than_majority: "预测与标签一致的次数不多于总是猜最常见标签。这份列表对错误标签毫无说明。",
      low_accuracy: (listed) =>
        `模型与 ${listed} 的已测试标签矛盾。错误标签很少超过 10\u00a0%，因此列表中的大多数行是难例而非错误。只有排在最前的值得查看。`,
    },
    columns: {
      text: "文本",
      label: "给定标签",
      usual: "通常的预测",
      agreeing: "作此预测的种子",
      confidence: "自信度",
      decision: "决定",
    },
    agreeing: (agreeing, tested) => `${agreeing} / ${tested}`,
    line: (line) => `第 ${line} 行`,
    decide: (line) => `对第 ${line} 行的决定`,
    undecided: "未决定",
    right: "标签正确",
    drop: "删除",
    relabel: (label) => `改为：${label}`,
    ofSeeds:
      "每个种子都有自己的测试部分。一行用于训练时，采用更正后的标签，或不用这一行；用于测试时，仍采用文件给出的标签。因此更正前后的得分来自相同的测试行。",
    ofFolds: (folds) =>
      `每个种子测试 ${folds} 折中的一折。一行用于训练时，采用更正后的标签，或不用这一行；用于测试时，仍采用文件给出的标签。因此更正前后的得分来自相同的测试行。`,
    ofTest:
      "这些行属于文件自带的测试部分，该部分保持不变：决定只影响下载的文件，不影响这里的实验。若要在更正后的标签上测试，请载入下载的文件；其得分来自另一个测试部分。",
    noChanges: "没有更改任何标签。",
    changes: (rows) => `已改标签或删除 ${rows} 行。`,
    markedRight: (rows) => `${rows} 行标为正确。`,
    inForce: "下一次实验按此训练，并与之前的实验比较。",
    forgotten: "文件改用另一种方式读取：对标签的更正不再适用。",
    download: "下载更正后的数据",
    use: "按更正后的标签训练",
    limits:
      "决定连同文件的摘要保存在此浏览器中。除您的决定外，下载的文件保留原文件的所有列和行。这些决定所依据的模型训练时用过其他种子的测试行，因此增益可能略微偏高。单独的测试文件可以避免这一点。",
  },
  correctionEffect: {
    heading: "更正带来的变化",
    corrected: (relabelled, dropped) => `训练时有 ${relabelled} 行改了标签，${dropped} 行被删除。测试用的行与之前相同，标签为文件所给。`,
    alone: "没有可比较的实验：需要在本设备上、对相同文件、除方案和种子外设置相同、且没有这些更正的实验。",
    sentence: ({ arm, earlier, corrected, difference, metric, interval, seeds, outcome }) =>
      `${arm}：${earlier} → ${corrected}，${metric}变化 ${difference}（${[interval, seeds].filter(Boolean).join("，")}）：${outcome}。`,
    outcomes: {
      ahead: "更正有帮助",
      behind: "更正有害",
      undecided: "未能表明更正有帮助",
      unknown: "需要更多种子才能判断更正是否有帮助",
    },
    caption: (metric) => `${metric}的差：更正后减更正前，按种子配对`,
    columns: {
      arm: "方案",
      earlier: "之前",
      corrected: "更正后",
      difference: "差",
      interval: "95\u00a0% 置信区间",
      p: "p（Holm）",
      seeds: "种子",
    },
  },
};

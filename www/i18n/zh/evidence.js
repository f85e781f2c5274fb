// Chinese words of the recorded evidence.

export const evidence = {
  evidence: {
    second: {
      heading: "各方案使用各自的最佳设置，20 个种子",
      intro: "第二份实验方案，在第一次运行之前写定。每个方案使用 15 组设置中最好的一组，选择时用的是另外的数据行。数据集完成一个，这里就增加一个。",
      origin: (commits) => `本机程序记录，提交 ${commits}`,
      caption: "公开数据集上的 guided 与基线。等效界限：一个百分点。",
      dataset: (set, rows) => `${set}，${rows} 行`,
      columns: { dataset: "数据集", shows: "guided 的情况" },
      ahead: "领先",
      behind: "落后",
      undecided: "未定",
      equivalent: "不到一个百分点",
      level: "相差不到一个百分点",
      notSettled: "训练尚未稳定",
    },
    heading: "公开数据集，20 个种子",
    intro:
      "同样的七个方案在公开数据集上以本机程序运行。每个数据集使用 1000 个样本，以及其中的一半、四分之一和十分之一，各训练三轮。实验方案在第一次运行之前就已写定。补充实验：在 trec 和 snips 上使用较大的模型或更长的训练，以及使用 trec 和 rte 的全部样本。",
    origin: (date, commits) => `记录于 ${date}，本机程序，提交 ${commits}`,
    caption: "`guided` 与基线的平均差异，以百分点计，附 20 个种子的 95\u00a0% 置信区间。零的右侧表示 `guided` 领先。",
    look: [
      "问题类型和意图（trec、snips）：`guided` 领先于 `standard`，数据少时领先更多。用四分之一和十分之一的数据时也领先于两个对照，因此在那里失活率的分配有作用。",
      "句子对：用 stsb 的全部和一半数据时，`guided` 领先于 `standard`；用 rte123 的全部数据时落后，而该模型只能记忆这个数据集。",
      "subjectivity：没有达到一个百分点的差异。",
      "较大的模型：用 trec 的一半和四分之一时 `guided` 有收益，但与两个对照不相上下。",
      "全部样本：在 trec 上领先于 `standard`，在 rte123 上落后，与两个对照不相上下。",
      "用 trec 和 snips 的十分之一、步数与全部样本相同时：`guided` 与 `standard` 不相上下，也不领先于任何对照（见下文）。",
      "对三轮分类结果的事后解读：引导式失活率相当于*更温和*的随机失活。噪声少更好时它得益，噪声多更好时（rte123）它吃亏。表中列出内置模型的各方案从 `standard` 向不用随机失活移动了多远。",
      "[全文](evidence.txt)（英文）：实验方案、表格和局限。",
    ],
    sets: {
      trec: "trec：问题类型",
      snips: "snips：意图",
      stsb: "stsb：句子相似度",
      subjectivity: "subjectivity：事实或观点",
      rte123: "rte：蕴含",
      "trec-minilm": "trec，较大的模型",
      "trec-all": "trec，全部样本",
      "rte123-all": "rte，全部样本",
      "trec-long": "trec，十分之一，步数不变",
      "snips-long": "snips，十分之一，步数不变",
    },
    towards: {
      caption: "内置模型的各方案在 standard（0\u00a0%）与 none（100\u00a0%）之间的位置，除 stsb 外的各数据集",
      arm: "方案",
      position: "位置",
    },
    byEpoch: {
      heading: "早期领先",
      intro:
        "用十分之一的数据训练三轮，步数也只有十分之一。引导式失活率的领先来自哪一个？这里用同样的十分之一训练三十轮，步数与用全部数据训练三轮相同。",
      caption:
        "用十分之一的数据时，各方案在每轮之后相对 `standard` 的领先：20 个种子的平均值，以百分点计，附逐点的 95 % 置信区间。事后分析，未作检验。",
      look: "噪声越少，模型学得*越快*：`none` 最快，其次是 `guided`、处处相同的平均失活率和 `reversed`。`standard` 大约在第十轮赶上；此后每个平均值与它相差不到一个百分点。三轮正好结束在领先很大的地方。因此数据少时，请先训练得更久，再选择失活率。",
      label: (set) => `训练过程中与 standard 的差异，以百分点计，${set}`,
    },
    pair: (baseline) => `guided − ${baseline}`,
    label: (set) => `平均差异及其区间，${set}`,
    line: (difference, interval, p) => `${difference}（${interval}），校正后的 p ${p}`,
    interval: (low, high) => `${low} 至 ${high}`,
    columns: { set: "数据集", fraction: "数据", pair: "配对", difference: "差异", interval: "95\u00a0% 置信区间", p: "校正后的 p" },
  },
};

// Chinese words of the workbench: views, steps and what to do next.

export const view = {
  view: {
    label: "视图",
    views: { paper: "论文", workbench: "工作台" },
    stepsLabel: "步骤",
    steps: { data: "数据", model: "模型", tune: "调参", train: "训练", verdict: "结论", use: "使用" },
    explain: (part) => `说明：${part}`,
    open: (part) => `显示：${part}`,
    offerRegion: "工作台视图",
    offer: "处理自己的文本时，可以使用本页的紧凑视图：内容相同，排成面板，说明收起。",
    offerOpen: "打开工作台",
    offerDismiss: "暂不",
    noVerdict: "还没有结论。",
    verdictOf: {
      recorded: "已记录的示例：",
      live: "",
      finished: "结论：",
      kept: "结论：",
      linked: "来自链接：",
      elsewhere: "来自文件：",
    },
    next: "下一步：",
    nextSteps: {
      wait: "程序载入时，先看已记录的示例",
      watch: "查看曲线",
      waitSurface: "查看损失景观",
      data: "载入能读出文本和标签的文件",
      bring: "载入自己的文本，或用示例运行",
      run: "检查列和类别，然后运行实验",
      diverged: "降低学习率：有训练发散",
      longer: "延长训练：曲线仍在变化",
      seeds: "增加种子：数量太少，无法显示差异",
      suspects: "查看与训练结果矛盾的标签",
      label: "为其余文本标注",
    },
  },
};

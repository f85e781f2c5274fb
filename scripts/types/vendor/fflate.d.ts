// See uPlot.esm.d.ts.
export * from "fflate";

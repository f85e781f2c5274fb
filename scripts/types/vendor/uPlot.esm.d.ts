// The page gets its libraries as files (scripts/vendor.sh); their types come from the packages.
export { default } from "uplot";

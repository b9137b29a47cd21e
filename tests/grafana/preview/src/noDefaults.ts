export const defaultOptions = {};

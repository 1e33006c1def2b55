/** Of Holdfast: in metrics, traces, the API document and /health. A test keeps it equal to package.json. */
export const version = '0.1.0'

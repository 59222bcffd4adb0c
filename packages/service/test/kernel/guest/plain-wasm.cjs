// Required by every Node in a guest. Node strips types by WebAssembly, and in an emulated processor with two threads
// V8 now and then crashes where it looks for the code to compile better (`Runtime_WasmTriggerTierUp`).
require('node:v8').setFlagsFromString('--liftoff-only');

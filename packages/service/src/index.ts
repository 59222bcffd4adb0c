export { type Cyborg, startCyborg } from './compose.ts';
export { type ConfigFlags, loadConfig, printableConfig } from './config.ts';
export { type Config, ConfigSchema, configJsonSchema } from './config-schema.ts';
export { type Ports, systemPorts } from './ports.ts';
export { type Parts, partsOf, type Role } from './roles.ts';

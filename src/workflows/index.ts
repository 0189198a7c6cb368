export { application, applicationVersions } from './application/index.js';
export type { ApplicationContext, ApplicationOutcome } from './application/v1/machine.js';
export type { CatalogueItem, CatalogueMaterial } from './catalogue/catalogue-item.js';
export { catalogueLookup } from './catalogue/catalogue-lookup.js';
export { countyItems } from './catalogue/county-items.js';
export { shippedReactions } from './reactions/index.js';
export { recordedLog } from './recorded-log/workflow.js';
export { shippedWorkflows } from './registry.js';

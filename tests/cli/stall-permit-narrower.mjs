import { stallPermit } from './stall-permit.mjs';

/** Version 1 as somebody changed it after its release: what was granted before is not allowed by it. */
export default stallPermit({ maxMetres: 2 });

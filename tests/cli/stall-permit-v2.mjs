import { stallPermit } from './stall-permit.mjs';

/** Version 2 beside version 1. */
export default [stallPermit(), stallPermit({ version: 2, maxMetres: 4 })];

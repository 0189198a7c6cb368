/** Daishan county (岱山县), where the demo takes place. */
export const DEMO_REGION = '330921';

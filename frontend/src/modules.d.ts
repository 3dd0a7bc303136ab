// Tabler's own TypeScript sources are bundled for their effect (data-bs-… attributes) and checked by Tabler, not here.
declare module "tabler-bootstrap/*";

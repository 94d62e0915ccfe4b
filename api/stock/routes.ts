import { findStockLevel, setStockLevel } from '../../domain/orders/stock.ts';
import type { AppDeps } from '../deps.ts';
import { parseBody, parseParams, Problem, Routes } from 'durable-jobs/http';
import { skuParams, stockLevelBody } from '../schemas.ts';

/** Returns the routes of stock levels. A SKU without one is made to order. */
export function stockRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/stock');
  routes.get('/:sku', 'viewer', async (request, response) => {
    const { sku } = parseParams(request, skuParams);
    const available = await findStockLevel(deps.db, sku);
    if (available === undefined)
      throw new Problem('notFound', `${sku} has no stock level: it is made to order.`);
    response.json({ sku, available });
  });
  routes.put('/:sku', 'operator', async (request, response) => {
    const { sku } = parseParams(request, skuParams);
    const { available } = parseBody(request, stockLevelBody);
    await setStockLevel(deps.db, sku, available);
    response.json({ sku, available });
  });
  return routes;
}

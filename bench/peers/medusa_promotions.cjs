// Medusa's promotion module computes the actions of promotions for items, without a database.
//
// Arguments: the folder of node_modules, a JSON file with `carts` (lists of product, category, price in minor
// units, quantity), how many promotions of 5 % off one category each, and for how many seconds to ask.
// Prints the seconds of each cart, and no count of statements.
const fs = require("fs");
const path = require("path");

const [modules, file, live, seconds] = process.argv.slice(2);
const { getComputedActionsForItems } = require(
  path.join(modules, "@medusajs/promotion/dist/utils/compute-actions/line-items.js"),
);
const given = JSON.parse(fs.readFileSync(file));

const promotions = Array.from({ length: Number(live) }, (_, n) => ({
  id: `promo_${n}`,
  code: `${n}`,
  type: "standard",
  is_tax_inclusive: false,
  application_method: {
    type: "percentage", target_type: "items", allocation: "across", value: 5, currency_code: "krw",
    target_rules: [
      { attribute: "items.category", operator: "in", values: [{ value: `c${n % given.categories}` }] },
    ],
  },
}));

const taken = [];
const until = performance.now() + Number(seconds) * 1000;
let actions = 0;
for (const cart of given.carts) {
  const items = cart.map(([product, category, minor, quantity]) => ({
    id: `item_${product}`, quantity, category: `c${category}`, is_discountable: true,
    subtotal: minor * quantity, original_total: minor * quantity,
  }));
  const applied = new Map();
  const began = performance.now();
  for (const promotion of promotions) {
    actions += getComputedActionsForItems(promotion, items, applied).length;
  }
  taken.push((performance.now() - began) / 1000);
  if (performance.now() > until) break;
}
if (!actions && promotions.length >= given.categories) throw new Error("no promotion applied");
console.log(JSON.stringify([taken, null]));

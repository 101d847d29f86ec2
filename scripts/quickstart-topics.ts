/** Topics of the training prompts: everyday nouns, none of them in the held-out set. */
export const TRAIN_TOPICS: readonly string[] = words(`
  rain bread dogs trees music coffee books rivers horses winter apples bicycles
  chess honey shoes trains snow cheese birds clocks football soup gardens kites
  milk ships paper gold rice windows cats stars sugar bridges tea lions
  pencils salt houses fish clouds doors wheat boats roads cows eggs fire
  hats islands juice keys lamps maps nurses oranges pizza queens roses sheep
  spoons tables towers trucks umbrellas villages walls wolves wood yarn yogurt zebras
`);

/** Topics of the held-out prompts. */
export const HELD_OUT_TOPICS: readonly string[] = words(`
  mountains bananas cars drums elephants flowers glass hammers ice lakes
  mirrors newspapers onions parks rabbits sand schools sleep spiders summer
  tomatoes teachers chairs beaches bees bells butter candles castles corn
  dancing ducks farms forests frogs grapes pens phones swimming wind
`);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

<?php
/**
 * Carts of WooCommerce.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * What is put into a cart and taken out of it.
 */
final class Dojo_Interactions_Cart {

	/**
	 * Changed quantities of this request, by the cart item's key: product, variation and difference.
	 *
	 * @var array
	 */
	private static $changes = array();

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		Dojo_Interactions_Guard::on( 'woocommerce_add_to_cart', array( __CLASS__, 'added' ), 4 );
		Dojo_Interactions_Guard::on( 'woocommerce_remove_cart_item', array( __CLASS__, 'removed' ), 2 );
		Dojo_Interactions_Guard::on( 'woocommerce_cart_item_restored', array( __CLASS__, 'restored' ), 2 );
		Dojo_Interactions_Guard::on( 'woocommerce_after_cart_item_quantity_update', array( __CLASS__, 'changed' ), 4 );
		Dojo_Interactions_Guard::on( 'shutdown', array( __CLASS__, 'send_changes' ), 0, 900 );
	}

	/**
	 * A product was added.
	 *
	 * @param string    $key       The cart item's key.
	 * @param int       $product   The product.
	 * @param int|float $quantity  How many.
	 * @param int       $variation The variation, or 0.
	 */
	public static function added( $key, $product, $quantity, $variation = 0 ): void {
		unset( self::$changes[ $key ] ); // More of what is in the cart is told as a changed quantity first.
		self::send( 'add_to_cart', (int) $product, (int) $variation, $quantity );
	}

	/**
	 * An item is about to be removed.
	 *
	 * @param string $key  The cart item's key.
	 * @param object $cart The cart.
	 */
	public static function removed( $key, $cart ): void {
		unset( self::$changes[ $key ] );
		$item = self::item( $key, $cart );
		if ( $item ) {
			self::send( 'remove_from_cart', $item['product_id'], $item['variation_id'], $item['quantity'] );
		}
	}

	/**
	 * A removal was undone.
	 *
	 * @param string $key  The cart item's key.
	 * @param object $cart The cart.
	 */
	public static function restored( $key, $cart ): void {
		$item = self::item( $key, $cart );
		if ( $item ) {
			self::send( 'add_to_cart', $item['product_id'], $item['variation_id'], $item['quantity'] );
		}
	}

	/**
	 * A quantity was changed.
	 *
	 * @param string    $key      The cart item's key.
	 * @param int|float $quantity How many there are now.
	 * @param int|float $before   How many there were.
	 * @param object    $cart     The cart.
	 */
	public static function changed( $key, $quantity, $before, $cart ): void {
		$item = self::item( $key, $cart );
		if ( ! $item ) {
			return;
		}
		$earlier = isset( self::$changes[ $key ] ) ? self::$changes[ $key ]['quantity'] : 0;

		self::$changes[ $key ] = array( 'quantity' => $earlier + $quantity - $before ) + $item;
	}

	/**
	 * Sends the changed quantities that no addition explained.
	 */
	public static function send_changes(): void {
		foreach ( self::$changes as $change ) {
			if ( $change['quantity'] ) {
				$type = $change['quantity'] > 0 ? 'add_to_cart' : 'remove_from_cart';
				self::send( $type, $change['product_id'], $change['variation_id'], abs( $change['quantity'] ) );
			}
		}
		self::$changes = array();
	}

	/**
	 * Product, variation and quantity of a cart item; null where there is none.
	 *
	 * @param string $key  The cart item's key.
	 * @param object $cart The cart.
	 */
	private static function item( $key, $cart ): ?array {
		$item = is_object( $cart ) && isset( $cart->cart_contents[ $key ] ) ? $cart->cart_contents[ $key ] : null;
		if ( ! is_array( $item ) || empty( $item['product_id'] ) ) {
			return null;
		}
		return array(
			'product_id'   => (int) $item['product_id'],
			'variation_id' => isset( $item['variation_id'] ) ? (int) $item['variation_id'] : 0,
			'quantity'     => isset( $item['quantity'] ) ? $item['quantity'] + 0 : 1,
		);
	}

	/**
	 * Sends what a visitor does who agreed.
	 *
	 * @param string    $type      The interaction type.
	 * @param int       $product   The product.
	 * @param int       $variation The variation, or 0.
	 * @param int|float $quantity  How many.
	 */
	private static function send( string $type, int $product, int $variation, $quantity ): void {
		if ( $product < 1 || ! Dojo_Interactions_Consent::is_given() ) {
			return;
		}
		$fields = Dojo_Interactions_Record::product( $product, $variation );
		if ( 'add_to_cart' === $type ) {
			$fields['quantities'] = array( $quantity + 0 ); // Only what is added has a quantity.
		}
		Dojo_Interactions_Queue::add( Dojo_Interactions_Record::of_visitor( $type, $fields ) );
	}
}

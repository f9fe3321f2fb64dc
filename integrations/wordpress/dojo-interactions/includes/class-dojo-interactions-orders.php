<?php
/**
 * Orders of WooCommerce.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Orders that were placed. The record's uuid is the order's, so an order that is sent twice, or comes by WooCommerce's
 * own webhook as well, is one record.
 */
final class Dojo_Interactions_Orders {

	/** Who placed the order, in its meta data: a payment is often confirmed by somebody else's request. */
	const META = '_dojo_interactions_visitor';

	const PLACED = array( 'processing', 'on-hold', 'completed' );

	const CAMPAIGN = array(
		'_wc_order_attribution_utm_campaign' => 'name',
		'_wc_order_attribution_utm_source'   => 'source',
		'_wc_order_attribution_utm_medium'   => 'medium',
		'_wc_order_attribution_utm_term'     => 'term',
		'_wc_order_attribution_utm_content'  => 'content',
	);

	/** What WooCommerce writes where there is nothing. */
	const NOTHING = array( '', '(direct)', '(none)', '(not set)', '(not provided)' );

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		Dojo_Interactions_Guard::on( 'woocommerce_checkout_create_order', array( __CLASS__, 'note_visitor' ), 1 );
		Dojo_Interactions_Guard::on( 'woocommerce_store_api_checkout_update_order_from_request', array( __CLASS__, 'note_visitor' ), 1 );
		Dojo_Interactions_Guard::on( 'woocommerce_order_status_changed', array( __CLASS__, 'status_changed' ), 3 );
		Dojo_Interactions_Guard::on( 'woocommerce_thankyou', array( __CLASS__, 'thanked' ), 1 );
	}

	/**
	 * Notes on the order who places it.
	 *
	 * @param object $order The order, which is saved afterwards.
	 */
	public static function note_visitor( $order ): void {
		$visitor = Dojo_Interactions_Visitor::id();
		if ( '' !== $visitor ) {
			$order->update_meta_data( self::META, $visitor );
		}
	}

	/**
	 * An order's status changed.
	 *
	 * @param int    $id   The order.
	 * @param string $from The status that it had.
	 * @param string $to   The status that it has.
	 */
	public static function status_changed( $id, $from, $to ): void {
		if ( in_array( $to, self::PLACED, true ) && ! in_array( $from, self::PLACED, true ) ) {
			self::send( $id, '' );
		}
	}

	/**
	 * The customer sees that the order was received. Staff may look at that page, too, and are not the visitor.
	 *
	 * @param int $id The order.
	 */
	public static function thanked( $id ): void {
		self::send( $id, current_user_can( 'edit_posts' ) ? '' : Dojo_Interactions_Visitor::id() );
	}

	/**
	 * Sends the order where it is placed.
	 *
	 * @param int    $id      The order.
	 * @param string $visitor Who placed it, where the order itself doesn't say.
	 */
	private static function send( $id, string $visitor ): void {
		$order = wc_get_order( $id );
		if ( $order && in_array( $order->get_status(), self::PLACED, true ) ) {
			Dojo_Interactions_Queue::add( self::record( $order, $visitor ) );
		}
	}

	/**
	 * The order as an interaction: the same that Dojo makes of the order in a webhook or an export.
	 *
	 * @param object $order   The order.
	 * @param string $visitor Who placed it, where the order itself doesn't say.
	 */
	private static function record( $order, string $visitor ): array {
		$noted  = (string) $order->get_meta( self::META );
		$record = array( 'type' => 'checkout' );
		$record = $record + Dojo_Interactions_Record::who( (int) $order->get_customer_id(), $noted ? $noted : $visitor );
		$record = $record + self::lines( $order );
		$placed = $order->get_date_created();
		if ( $placed ) {
			$record['timestamp'] = gmdate( 'Y-m-d\TH:i:s\Z', $placed->getTimestamp() );
		}
		$record['revenue'] = (float) $order->get_total();
		$record['context'] = self::context( $order );
		return $record;
	}

	/**
	 * The products of an order.
	 *
	 * @param object $order The order.
	 */
	private static function lines( $order ): array {
		$fields = array();
		foreach ( $order->get_items( 'line_item' ) as $line ) {
			$product = (int) $line->get_product_id();
			if ( $product < 1 ) {
				continue; // The product was deleted.
			}
			$named               = Dojo_Interactions_Record::product( $product, (int) $line->get_variation_id() );
			$named['quantities'] = array( $line->get_quantity() + 0 );
			$fields              = array_merge_recursive( $fields, $named );
		}
		return $fields;
	}

	/**
	 * The context of an order. Of the address, only what names no household.
	 *
	 * @param object $order The order.
	 */
	private static function context( $order ): array {
		$context  = Dojo_Interactions_Record::context( 'woocommerce:order:' . $order->get_id(), 'woocommerce' );
		$campaign = array();
		foreach ( self::CAMPAIGN as $key => $name ) {
			$said = (string) $order->get_meta( $key );
			if ( ! in_array( $said, self::NOTHING, true ) ) {
				$campaign[ $name ] = $said;
			}
		}
		if ( $campaign ) {
			$context['campaign'] = $campaign;
		}
		$address = (string) $order->get_customer_ip_address();
		if ( filter_var( $address, FILTER_VALIDATE_IP, FILTER_FLAG_IPV4 ) ) {
			$context['truncated_ip'] = preg_replace( '/\d+\z/', '0', $address );
		}
		$agent = (string) $order->get_customer_user_agent();
		if ( '' !== $agent ) {
			$context['user_agent'] = $agent;
		}
		return $context;
	}
}

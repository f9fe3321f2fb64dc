<?php
/**
 * Page views, searches and product views.
 *
 * @package Dojo_Interactions
 */

defined( 'ABSPATH' ) || exit;

/**
 * Tells a script what the page is. The script sends it, so a page that comes from a cache is counted as well.
 *
 * The HTML says nothing about who looks at it: a cache may give it to anybody.
 */
final class Dojo_Interactions_Pages {

	const HANDLE = 'dojo-interactions-pages';

	/**
	 * Hooks up.
	 */
	public static function register(): void {
		// The WP Consent API adds its script late, and ours comes after it.
		Dojo_Interactions_Guard::on( 'wp_enqueue_scripts', array( __CLASS__, 'enqueue' ), 0, PHP_INT_MAX - 10 );
	}

	/**
	 * Adds the script to pages that count.
	 */
	public static function enqueue(): void {
		$record = self::record();
		if ( ! $record ) {
			return;
		}
		$needs = wp_script_is( 'wp-consent-api', 'registered' ) ? array( 'wp-consent-api' ) : array();
		wp_enqueue_script( self::HANDLE, plugins_url( 'assets/pages.js', DOJO_INTERACTIONS_FILE ), $needs, DOJO_INTERACTIONS_VERSION, true );
		$told = array(
			'address'        => Dojo_Interactions_Settings::address() . '/v1/interactions?api_key=' . rawurlencode( Dojo_Interactions_Settings::publishable_key() ),
			'cookie'         => Dojo_Interactions_Visitor::COOKIE,
			'path'           => COOKIEPATH ? COOKIEPATH : '/',
			'domain'         => (string) COOKIE_DOMAIN,
			'category'       => Dojo_Interactions_Consent::CATEGORY,
			'asksConsent'    => Dojo_Interactions_Consent::is_asked(),
			'assumesConsent' => Dojo_Interactions_Settings::assumes_consent(),
			'record'         => $record,
		);
		// What visitors search for stands in it: no character may end the script.
		$json = wp_json_encode( $told, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT );
		wp_add_inline_script( self::HANDLE, 'window.dojoInteractions = ' . $json . ';', 'before' );
	}

	/**
	 * The page as an interaction, without who and when; null for pages that don't count.
	 */
	private static function record(): ?array {
		if ( is_404() || is_preview() || is_customize_preview() || is_embed() || self::is_private() ) {
			return null;
		}
		if ( is_search() ) {
			return array(
				'type'   => 'search',
				'search' => array( 'keywords' => get_search_query( false ) ),
			);
		}
		if ( is_front_page() ) {
			return array( 'type' => 'home_page_view' );
		}
		if ( function_exists( 'is_product' ) && is_product() ) {
			return array( 'type' => 'product_detail_page_view' ) + Dojo_Interactions_Record::product( (int) get_queried_object_id() );
		}
		if ( is_singular() && ! is_page() ) {
			return array(
				'type'        => 'read',
				'product_ids' => array( (string) get_queried_object_id() ),
			);
		}
		if ( is_category() || is_tag() || is_tax() ) {
			return array(
				'type'     => 'category_page_view',
				'category' => self::category( get_queried_object() ),
			);
		}
		return array(
			'type'               => 'custom',
			'custom_action_name' => 'page_view',
		);
	}

	/**
	 * Whether it is a page about one person, whose address may name them: an account, or an order that was received.
	 */
	private static function is_private(): bool {
		return ( function_exists( 'is_account_page' ) && is_account_page() )
			|| ( function_exists( 'is_wc_endpoint_url' ) && is_wc_endpoint_url() );
	}

	/**
	 * The names of a category and of those that it is in, from the widest on.
	 *
	 * @param mixed $term The category.
	 */
	private static function category( $term ): array {
		if ( ! $term instanceof WP_Term ) {
			return array();
		}
		$names = array( $term->name );
		foreach ( get_ancestors( $term->term_id, $term->taxonomy, 'taxonomy' ) as $id ) {
			$above = get_term( $id, $term->taxonomy );
			if ( $above instanceof WP_Term ) {
				array_unshift( $names, $above->name );
			}
		}
		return array_map( 'wp_specialchars_decode', $names );
	}
}
